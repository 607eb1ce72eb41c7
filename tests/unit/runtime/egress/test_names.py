"""Addresses that stand for names: what a worker is given, and where its connections go."""

from collections.abc import Sequence
from ipaddress import IPv4Address

import pytest

from pipedreamer.errors import EgressError, NameLookupError
from pipedreamer.runtime.egress import Egress, MappedNames
from pipedreamer.runtime.egress.names import ADDRESSES_OF_A_NAME, FRESH_S, KEPT_S, MOST
from pipedreamer.runtime.egress.special import MAPPED
from pipedreamer.spec.permissions import Destination

PUBLIC, OTHER_PUBLIC, PRIVATE, METADATA = "140.82.112.3", "140.82.112.4", "10.1.2.3", "169.254.169.254"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Book:
    """Looks names up in itself, and remembers which were."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("__", "."): found for name, found in names.items()}
        self.asked: list[str] = []

    async def __call__(self, name: str, /) -> Sequence[str]:
        self.asked.append(name)
        if name not in self.names:
            raise NameLookupError(f"the name {name} was not found", is_final=True)
        return self.names[name]


class Everything(Book):
    """Every name there can be has this address."""

    async def __call__(self, _name: str, /) -> Sequence[str]:
        return [PUBLIC]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book() -> Book:
    return Book(db=[PRIVATE], api__example__com=[PUBLIC, OTHER_PUBLIC], meta=[METADATA], mixed=[METADATA, PUBLIC])


RULES = Egress(
    (
        Destination("db", 5432),
        Destination("meta", 80),
        Destination("mixed", 80),
        Destination("gone", 80),
        Destination("both.example.com", 5432),
        Destination("*.example.com", 443),
        Destination("10.9.0.7", 8080),
        Destination("198.18.0.1", 80),
    ),
    lambda: {5433},
)


@pytest.fixture
def names(book: Book, clock: Clock) -> MappedNames:
    return MappedNames(RULES, book, clock)


async def test_a_name_becomes_addresses_of_ours_and_a_connection_to_them_goes_to_the_real_ones(
    names: MappedNames, book: Book
) -> None:
    given = await names.answer("API.example.com.")
    assert len(given) == 2
    assert all(IPv4Address(one) in MAPPED for one in given)
    assert [await names.target(one, 443) for one in given] == [(PUBLIC, 443), (OTHER_PUBLIC, 443)]
    assert book.asked == ["api.example.com"]


async def test_the_same_name_has_the_same_addresses_and_another_one_never_shares_them(names: MappedNames) -> None:
    first = await names.answer("api.example.com")
    other = await names.answer("db")
    assert await names.answer("api.example.com") == first
    assert not set(first) & set(other)


async def test_a_mapped_address_spelled_as_ipv6_is_the_same(names: MappedNames) -> None:
    (mapped,) = await names.answer("db")
    assert await names.target(f"::ffff:{mapped}", 5432) == (PRIVATE, 5432)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("evil.example", 'evil.example is not declared: add "evil.example:PORT" with its port to permissions.net'),
        ("meta", "meta:80 leads to an address that is never reached, whatever is declared: it is a metadata service"),
        ("127.1", "127.0.0.1 is an address and no name: connect to it as it is"),
        ("a b", "'a b' is not a host"),
    ],
)
async def test_a_name_that_nodes_may_not_reach_gets_no_address(names: MappedNames, name: str, said: str) -> None:
    with pytest.raises(EgressError) as caught:
        await names.answer(name)
    assert str(caught.value).startswith(said)


async def test_what_is_not_declared_is_not_looked_up(names: MappedNames, book: Book) -> None:
    with pytest.raises(EgressError):
        await names.answer("evil.example")
    assert book.asked == []


async def test_only_the_addresses_that_are_allowed_are_mapped(names: MappedNames) -> None:
    (mapped,) = await names.answer("mixed")
    assert await names.target(mapped, 80) == (PUBLIC, 80)


async def test_a_name_that_is_not_found_says_so(names: MappedNames) -> None:
    with pytest.raises(NameLookupError, match="the name gone was not found"):
        await names.answer("gone")


@pytest.mark.parametrize("port", [80, 5433, 0, 65536])
async def test_a_mapped_address_is_reached_at_the_declared_port_only(names: MappedNames, port: int) -> None:
    (mapped,) = await names.answer("db")
    with pytest.raises(EgressError, match=rf"^db.* port .*{port}"):
        await names.target(mapped, port)


async def test_a_private_address_counts_only_at_the_port_where_the_name_itself_is_listed(
    names: MappedNames, book: Book
) -> None:
    book.names["both.example.com"] = [PRIVATE]
    (mapped,) = await names.answer("both.example.com")
    assert await names.target(mapped, 5432) == (PRIVATE, 5432)
    with pytest.raises(EgressError, match="a private address"):
        await names.target(mapped, 443)


async def test_a_wildcard_alone_gives_no_address_for_private_ones(names: MappedNames, book: Book) -> None:
    book.names["internal.example.com"] = [PRIVATE]
    with pytest.raises(EgressError, match="a private address"):
        await names.answer("internal.example.com")


async def test_the_engines_own_port_is_not_reached_through_a_name(book: Book, clock: Clock) -> None:
    book.names["me"] = ["127.0.0.1"]
    names = MappedNames(Egress("any", lambda: {8080}), book, clock)
    (mapped,) = await names.answer("me")
    assert await names.target(mapped, 8081) == ("127.0.0.1", 8081)
    with pytest.raises(EgressError, match="a port of the engine itself"):
        await names.target(mapped, 8080)


# literal addresses


async def test_an_address_that_is_declared_is_itself(names: MappedNames) -> None:
    assert await names.target("10.9.0.7", 8080) == ("10.9.0.7", 8080)
    assert await names.target("::ffff:10.9.0.7", 8080) == ("10.9.0.7", 8080)


@pytest.mark.parametrize(
    ("ip", "port", "said"),
    [
        (PUBLIC, 443, "140.82.112.3:443 is not declared"),
        (PRIVATE, 5432, "10.1.2.3:5432 is not declared"),
        ("10.9.0.7", 80, "10.9.0.7:80 is declared for port 8080 and not 80"),
        (METADATA, 80, "169.254.169.254:80 is not declared"),
        ("198.18.0.1", 80, "198.18.0.1 stands for no name, or no longer does: look the name up again"),
        ("fe80::1%eth0", 80, "'fe80::1%eth0' is not an address that nodes can reach"),
        ("127.1", 80, "'127.1' is not an address"),
    ],
)
async def test_an_address_that_is_not_declared_is_refused(names: MappedNames, ip: str, port: int, said: str) -> None:
    with pytest.raises(EgressError) as caught:
        await names.target(ip, port)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("ip", [METADATA, "0.0.0.0", "198.18.0.9", "fe80::1", "64:ff9b::a9fe:a9fe"])  # noqa: S104
async def test_any_does_not_mean_those_either(book: Book, ip: str) -> None:
    with pytest.raises(EgressError):
        await MappedNames(Egress("any"), book).target(ip, 80)


# time


async def test_a_name_is_looked_up_again_when_that_was_long_ago(names: MappedNames, book: Book, clock: Clock) -> None:
    (mapped,) = await names.answer("db")
    clock.now += FRESH_S - 1
    await names.target(mapped, 5432)
    assert book.asked == ["db"]
    book.names["db"] = ["10.1.2.4"]
    clock.now += 2
    assert await names.target(mapped, 5432) == ("10.1.2.4", 5432)
    assert book.asked == ["db", "db"]


async def test_an_address_keeps_standing_for_the_real_one_as_long_as_the_name_has_it(
    names: MappedNames, book: Book, clock: Clock
) -> None:
    first, second = await names.answer("api.example.com")
    book.names["api.example.com"] = [OTHER_PUBLIC, PUBLIC]
    clock.now += FRESH_S + 1
    assert await names.target(second, 443) == (OTHER_PUBLIC, 443)
    assert await names.target(first, 443) == (PUBLIC, 443)


async def test_a_name_that_now_leads_somewhere_forbidden_is_refused_at_the_next_connection(
    names: MappedNames, book: Book, clock: Clock
) -> None:
    (mapped, _) = await names.answer("api.example.com")
    book.names["api.example.com"] = [METADATA, PRIVATE]
    clock.now += FRESH_S + 1
    with pytest.raises(EgressError, match="a metadata service"):
        await names.target(mapped, 443)


async def test_the_lookup_that_was_checked_is_the_one_that_counts(names: MappedNames, book: Book) -> None:
    """DNS rebinding: whatever the next lookup would say, nobody asks it."""
    (mapped, _) = await names.answer("api.example.com")
    book.names["api.example.com"] = [METADATA]
    assert await names.target(mapped, 443) == (PUBLIC, 443)


async def test_a_name_that_can_no_longer_be_looked_up_is_an_error(names: MappedNames, book: Book, clock: Clock) -> None:
    (mapped,) = await names.answer("db")
    del book.names["db"]
    clock.now += FRESH_S + 1
    with pytest.raises(NameLookupError):
        await names.target(mapped, 5432)


# bounds


async def test_a_name_with_very_many_addresses_gets_a_few(names: MappedNames, book: Book) -> None:
    book.names["db"] = [f"10.0.0.{number}" for number in range(200)]
    assert len(await names.answer("db")) == ADDRESSES_OF_A_NAME


async def test_addresses_in_use_are_kept_and_new_names_refused_when_all_are(clock: Clock) -> None:
    names = MappedNames(Egress("any"), Everything(), clock)
    (first,) = await names.answer("n0")
    for number in range(1, MOST):
        await names.answer(f"n{number}")
    with pytest.raises(EgressError, match=f"more than {MOST} addresses of names are in use"):
        await names.answer("one-more")
    assert await names.target(first, 80) == (PUBLIC, 80)


async def test_the_address_unused_for_longest_makes_room_and_then_stands_for_nothing(clock: Clock) -> None:
    names = MappedNames(Egress("any"), Everything(), clock)
    given = [(await names.answer(f"n{number}"))[0] for number in range(MOST)]
    clock.now += KEPT_S
    await names.target(given[0], 80)
    (new,) = await names.answer("one-more")
    assert new not in given
    assert await names.target(given[0], 80) == (PUBLIC, 80)
    with pytest.raises(EgressError, match="stands for no name"):
        await names.target(given[1], 80)
    assert await names.answer("n1") != (given[1],)
