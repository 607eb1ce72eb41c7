"""Which hosts nodes may ask for, and which addresses may then be connected to."""

import pytest

from pipedreamer.errors import EgressError
from pipedreamer.runtime.egress import Egress
from pipedreamer.spec.permissions import Destination

PUBLIC, PRIVATE, METADATA = "140.82.112.3", "10.1.2.3", "169.254.169.254"


def listed(*entries: str) -> Egress:
    parts = [entry.rpartition(":") for entry in entries]
    return Egress(tuple(Destination(host, int(port)) for host, _, port in parts))


RULES = listed(
    "api.github.com:443",
    "*.example.com:443",
    "db.example.com:5432",
    "10.9.0.7:8080",
    "10.8.0.0/16:80",
    "fd00:1::/64:443",
    "2001:db8::1:443",
    "bücher.example:80",
)


@pytest.mark.parametrize(
    ("host", "port", "how", "entry"),
    [
        ("api.github.com", 443, "name", "api.github.com:443"),
        ("API.GitHub.com.", 443, "name", "api.github.com:443"),
        ("a.example.com", 443, "wildcard", "*.example.com:443"),
        ("a.b.c.example.com", 443, "wildcard", "*.example.com:443"),
        ("db.example.com", 443, "wildcard", "*.example.com:443"),
        ("db.example.com", 5432, "name", "db.example.com:5432"),
        ("10.9.0.7", 8080, "address", "10.9.0.7:8080"),
        ("0x0a090007", 8080, "address", "10.9.0.7:8080"),
        ("[::ffff:10.9.0.7]", 8080, "address", "10.9.0.7:8080"),
        ("10.8.255.1", 80, "network", "10.8.0.0/16:80"),
        ("fd00:1::5", 443, "network", "[fd00:1::/64]:443"),
        ("2001:db8:0::1", 443, "address", "[2001:db8::1]:443"),
        ("xn--bcher-kva.example", 80, "name", "xn--bcher-kva.example:80"),
    ],
)
def test_what_is_declared_is_found_by_its_most_exact_entry(host: str, port: int, how: str, entry: str) -> None:
    match = RULES.check_name(host, port)
    assert (match.how, match.entry) == (how, entry)


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("github.com", 443, 'github.com:443 is not declared: add "github.com:443" to permissions.net'),
        ("evil-api.github.com", 443, "evil-api.github.com:443 is not declared"),
        ("api.github.com.evil.example", 443, "api.github.com.evil.example:443 is not declared"),
        (
            "api.github.com",
            8443,
            'api.github.com:8443 is declared for port 443 and not 8443: add "api.github.com:8443" to permissions.net',
        ),
        ("db.example.com", 80, "db.example.com:80 is declared for port 443, 5432 and not 80"),
        ("example.com", 443, "example.com:443 is not declared"),
        ("notexample.com", 443, "notexample.com:443 is not declared"),
        ("10.9.0.8", 8080, "10.9.0.8:8080 is not declared"),
        ("10.9.0.0x7", 80, "10.9.0.7:80 is declared for port 8080 and not 80"),
        ("fd00:2::1", 443, '[fd00:2::1]:443 is not declared: add "[fd00:2::1]:443" to permissions.net'),
        ("64:ff9b::10.9.0.7", 8080, "[64:ff9b::a09:7]:8080 is not declared"),
        ("a b", 80, "'a b' is not a host"),
        ("fe80::1%eth0", 80, "'fe80::1%eth0' is not a host"),
        ("api.github.com", 0, "api.github.com has no port 0: ports are 1 to 65535"),
        ("api.github.com", 65536, "api.github.com has no port 65536"),
    ],
)
def test_what_is_not_declared_is_refused_with_the_line_to_write(host: str, port: int, said: str) -> None:
    with pytest.raises(EgressError) as caught:
        RULES.check_name(host, port)
    assert str(caught.value).startswith(said)


def test_nothing_declared_is_nothing_allowed() -> None:
    with pytest.raises(EgressError, match="is not declared"):
        Egress(()).check_name("api.github.com", 443)


@pytest.mark.parametrize("host", ["api.github.com", "10.0.0.1", "::1", "localhost"])
def test_any_covers_every_host_and_port(host: str) -> None:
    assert Egress("any").check_name(host, 1).how == "any"


@pytest.mark.parametrize("entry", ["a b:1", "*.*.a:1", "*.10.0.0.300:1", "10.0.0.1/8:1", "*:1", "fe80::1%a:1"])
def test_an_entry_that_is_no_host_is_refused_and_not_passed_over(entry: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the block's parser says it to people)
        listed(entry)


# addresses


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("api.github.com", 443, PUBLIC),
        ("api.github.com", 443, PRIVATE),
        ("api.github.com", 443, "127.0.0.1"),
        ("a.example.com", 443, PUBLIC),
        ("10.8.1.1", 80, "10.8.1.1"),
        ("2001:db8::1", 443, "2001:db8::1"),
    ],
)
def test_addresses_that_may_be_connected_to(host: str, port: int, address: str) -> None:
    assert RULES.check_address(RULES.check_name(host, port), address, port) == address


def test_any_covers_private_addresses() -> None:
    rules = Egress("any")
    assert rules.check_address(rules.check_name("db", 1), "::ffff:10.1.2.3", 1) == PRIVATE
    assert rules.check_address(rules.check_name("127.1", 1), "127.0.0.1", 1) == "127.0.0.1"


@pytest.mark.parametrize("rules", [Egress("any"), listed(f"{METADATA}:80", "meta:80", "*.meta:80", "169.0.0.0/8:80")])
@pytest.mark.parametrize("host", ["meta", "a.meta", METADATA, "0xa9fea9fe", "::ffff:a9fe:a9fe"])
@pytest.mark.parametrize("ip", [METADATA, f"::ffff:{METADATA}"])
def test_metadata_is_refused_whatever_is_declared(rules: Egress, host: str, ip: str) -> None:
    with pytest.raises(
        EgressError, match="an address that is never reached, whatever is declared: it is a metadata service"
    ):
        rules.check_address(rules.check_name(host, 80), ip, 80)


def test_a_wildcard_does_not_cover_private_addresses_and_the_message_shows_none() -> None:
    with pytest.raises(EgressError) as caught:
        RULES.check_address(RULES.check_name("db.example.com", 443), PRIVATE, 443)
    assert str(caught.value) == (
        'db.example.com:443 leads to a private address, which "*.example.com:443" does not cover: '
        'add "db.example.com:443" to permissions.net'
    )


@pytest.mark.parametrize("ip", ["10.8.1.2", "140.82.112.3", "64:ff9b::a08:101", "fe80::1%eth0", "nonsense"])
def test_an_address_stands_for_no_other_one(ip: str) -> None:
    with pytest.raises(EgressError):
        RULES.check_address(RULES.check_name("10.8.1.1", 80), ip, 80)


@pytest.mark.parametrize("ip", ["fe80::1%eth0", "127.1", "localhost", ""])
def test_a_lookup_that_brings_no_plain_address_is_refused(ip: str) -> None:
    with pytest.raises(EgressError, match="something that is no address"):
        RULES.check_address(RULES.check_name("api.github.com", 443), ip, 443)


def test_of_several_addresses_the_allowed_ones_are_kept_in_order() -> None:
    match = RULES.check_name("a.example.com", 443)
    found = [(PRIVATE, 443), ("1.1.1.1", 443), (METADATA, 443), ("1.0.0.1", 443)]
    assert RULES.allowed(match, found) == [("1.1.1.1", 443), ("1.0.0.1", 443)]


def test_where_no_address_is_left_the_first_ones_reason_is_told() -> None:
    match = RULES.check_name("a.example.com", 443)
    with pytest.raises(EgressError, match="a private address"):
        RULES.allowed(match, [(PRIVATE, 443), (METADATA, 443)])
    with pytest.raises(EgressError, match=r"the name a\.example\.com has no address"):
        RULES.allowed(match, [])


# the engine's own ports


@pytest.mark.parametrize("net", ["any", (Destination("127.0.0.1", 8080), Destination("me", 8080))])
@pytest.mark.parametrize(
    ("host", "ip"), [("127.0.0.1", "127.0.0.1"), ("me", "127.5.6.7"), ("me", "::1"), ("me", "::127.0.0.1")]
)
def test_the_engines_own_ports_are_refused_at_every_address_of_this_machine(net: object, host: str, ip: str) -> None:
    rules = Egress(net, lambda: {8080})  # type: ignore[arg-type] # one of two forms
    with pytest.raises(EgressError, match="a port of the engine itself, which is never reached"):
        rules.check_address(rules.check_name(host, 8080), ip, 8080)


def test_the_same_port_elsewhere_and_another_port_here_may_be_reached() -> None:
    rules = Egress("any", lambda: {8080})
    assert rules.check_address(rules.check_name("x", 8080), PUBLIC, 8080) == PUBLIC
    assert rules.check_address(rules.check_name("x", 8081), "127.0.0.1", 8081) == "127.0.0.1"


def test_own_ports_are_asked_for_each_time_because_they_are_known_late() -> None:
    ports: set[int] = set()
    rules = Egress("any", lambda: ports)
    match = rules.check_name("127.0.0.1", 8080)
    assert rules.check_address(match, "127.0.0.1", 8080) == "127.0.0.1"
    ports.add(8080)
    with pytest.raises(EgressError, match="a port of the engine itself"):
        rules.check_address(match, "127.0.0.1", 8080)
