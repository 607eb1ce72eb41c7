"""One reading of a host, however it is spelled."""

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.runtime.egress.spelling import spelled

LOOPBACK = (
    "127.0.0.1 127.0.0.1. 127.1 127.0.1 0x7f000001 0X7F000001 2130706433 017700000001 0177.0.0.1 0x7f.1 127.0.0.0x1 "
    "0x7f.0.0x0.01 000000000000000177.0.0.1 127.0x000001 ::ffff:127.0.0.1 ::FFFF:7f00:1 [::ffff:7f00:0001] "
    "0:0:0:0:0:ffff:127.0.0.1"
)


@pytest.mark.parametrize("host", LOOPBACK.split())
def test_every_spelling_of_an_address_is_that_address(host: str) -> None:
    assert spelled(host) == IPv4Address("127.0.0.1")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("1", "0.0.0.1"),
        ("0x.1", "0.0.0.1"),
        ("1.0x", "1.0.0.0"),
        ("4294967295", "255.255.255.255"),
        ("1.2", "1.0.0.2"),
        ("1.2.65535", "1.2.255.255"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8::0001", "2001:db8::1"),
        ("::127.0.0.1", "::7f00:1"),
    ],
)
def test_numbers_are_read_as_browsers_do(host: str, address: str) -> None:
    assert spelled(host) == ip_address(address)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("API.GitHub.com", "api.github.com"),
        ("api.github.com.", "api.github.com"),
        ("postgres", "postgres"),
        ("_srv.exa_mple.com", "_srv.exa_mple.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("1e3.example", "1e3.example"),
        ("127.0.0.1.example", "127.0.0.1.example"),
        ("0xg", "0xg"),
        ("a" * 63 + ".b", "a" * 63 + ".b"),
    ],
)
def test_a_name_is_small_ascii_and_has_no_dot_at_its_end(host: str, name: str) -> None:
    assert spelled(host) == name


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "..", "a..b", ".a", "127.0.0.1..", "a b", "a/b", "a\\b", "a%2eb", "%31%32%37.0.0.1", "a\0b", "a\n"),
        *("1.2.3.4.5", "256.0.0.1", "127.0.0.256", "1.2.65536", "4294967296", "09", "0x1.2.3.4.5", "a.1", "1..1"),
        *(
            "a" * 64,
            "a." * 127 + "aa",
            "9" * 5000,
            "0" * 300,
            "\u0661\u0662\u0667.0.0.1",
            "\uff11\uff12\uff17.0.0.1",
            "xn--\xff",
            "127\u30020\u30020\u30021",
        ),
        *("::1%eth0", "fe80::1%25eth0", "[fe80::1%1]", "[::1", "::1]", "[127.0.0.1]", ":::", "1:2", "::ffff:127.1"),
        *("a:80", "[v1.x]", "*.example.com"),
    ],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever it says)
        spelled(host)


@given(st.text("0123456789xXabfABF.", max_size=20))
def test_what_the_system_would_take_for_an_ipv4_address_is_read_as_the_same_one(host: str) -> None:
    try:
        packed = socket.inet_aton(host)
    except OSError:
        return
    with suppress(ValueError):  # to refuse it is safe too
        assert spelled(host) == IPv4Address(packed)


@given(st.ip_addresses(v=4), st.lists(st.sampled_from("dox"), min_size=4, max_size=4), st.integers(1, 4))
def test_an_ipv4_address_is_found_in_all_its_forms(address: IPv4Address, bases: list[str], parts: int) -> None:
    octets = list(address.packed)
    numbers = [*octets[: parts - 1], int.from_bytes(octets[parts - 1 :])]
    text = ".".join(
        {"d": "{}", "o": "0{:o}", "x": "0x{:x}"}[base].format(n) for n, base in zip(numbers, bases, strict=False)
    )
    assert spelled(text) == address


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_is_found_in_all_its_forms(address: IPv6Address) -> None:
    expected = address.ipv4_mapped or address
    for text in (address.compressed, address.exploded, f"[{address}]".upper()):
        assert spelled(text) == expected


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_reading_twice_changes_nothing(host: str) -> None:
    try:
        found = spelled(host)
    except ValueError:
        return
    assert spelled(str(found)) == found
