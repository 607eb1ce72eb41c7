"""Addresses that nodes never reach, private ones, and IPv4 hidden in IPv6."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.runtime.egress.special import MAPPED, is_private, never, seen_as

NEVER = {
    "it is a metadata service of the cloud, which hands out credentials": (
        "169.254.169.254 169.254.170.2 169.254.170.23 fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fd00:42::42 "
        "100.100.100.200 168.63.129.16 192.0.0.192"
    ),
    "it is link-local": "169.254.0.0 169.254.255.255 fe80::1 febf:ffff::1",
    "it is no address that can be connected to": "0.0.0.0 0.255.255.255 ::",
    "it is a multicast address": "224.0.0.1 239.255.255.255 ff02::1 ffff::1",
    "it is a reserved or a broadcast address": "240.0.0.1 255.255.255.255",
    "the engine uses such addresses itself": "198.18.0.0 198.18.0.1 198.19.255.255",
    "anything may be behind it (RFC 8215)": "64:ff9b:1::8c52:7001 64:ff9b:1:ffff::1",
}
PRIVATE = (
    "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 127.0.0.1 127.255.255.255 100.64.0.1 100.127.255.255 192.0.2.1 "
    "198.51.100.1 203.0.113.1 192.0.0.1 192.88.99.1 ::1 fc00::1 fdff::1 fec0::1 2001:db8::1 3fff::1 100::1 5f00::1"
)
PUBLIC = (
    "140.82.112.3 1.1.1.1 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1 198.17.255.255 198.20.0.1 "
    "223.255.255.255 126.255.255.255 128.0.0.1 169.253.255.255 168.63.129.17 2606:4700::1111 2a00::1 "
    "64:ff9b::8c52:7003 2002:8c52:7003::1"
)
IN_IPV6 = {
    "mapped": "::ffff:{}",
    "compatible": "::{}",
    "translated": "::ffff:0:{}",
    "NAT64": "64:ff9b::{}",
    "ISATAP": "2606:4700::5efe:{}",
    "ISATAP, global": "2606:4700::200:5efe:{}",
}
REFUSED = "169.254.169.254 0.0.0.0 198.18.0.1 224.0.0.1 255.255.255.255"


@pytest.mark.parametrize(("words", "address"), [(words, one) for words, all_ in NEVER.items() for one in all_.split()])
def test_what_nodes_never_reach(words: str, address: str) -> None:
    assert never(ip_address(address)) == words


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_private_and_not_refused_by_themselves(address: str) -> None:
    assert is_private(ip_address(address))
    assert never(ip_address(address)) is None


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_neither(address: str) -> None:
    assert not is_private(ip_address(address))
    assert never(ip_address(address)) is None


@pytest.mark.parametrize("form", IN_IPV6.values(), ids=IN_IPV6)
@pytest.mark.parametrize("inside", REFUSED.split())
def test_an_ipv4_address_that_is_refused_is_refused_inside_ipv6(form: str, inside: str) -> None:
    if form.format(inside) != "::0.0.0.0":
        assert never(ip_address(form.format(inside))) == never(ip_address(inside))


@pytest.mark.parametrize("form", IN_IPV6.values(), ids=IN_IPV6)
@pytest.mark.parametrize("inside", ["10.0.0.1", "127.0.0.1", "192.168.0.1", "100.64.0.1"])
def test_an_ipv4_address_that_is_private_is_private_inside_ipv6(form: str, inside: str) -> None:
    assert is_private(ip_address(form.format(inside)))


@given(st.ip_addresses(v=4), st.integers(0, 2**64 - 1))
def test_tunnels_are_seen_through(inside: IPv4Address, rest: int) -> None:
    six_to_four = IPv6Address(0x2002 << 112 | int(inside) << 80 | rest)
    teredo_server = IPv6Address(0x20010000 << 96 | int(inside) << 64 | rest)
    teredo_client = IPv6Address(0x20010000 << 96 | rest >> 32 << 32 | int(inside) ^ 0xFFFFFFFF)
    for address in (six_to_four, teredo_server, teredo_client):
        assert inside in seen_as(address)
        assert never(inside) is None or never(address) is not None
        assert not is_private(inside) or is_private(address)


@given(st.one_of(st.ip_addresses(), st.ip_addresses(network="2001::/20"), st.ip_addresses(network="192.0.0.0/16")))
def test_what_python_does_not_call_global_is_private_or_refused(address: IPv4Address | IPv6Address) -> None:
    """Python's own table, made from the same registries, as a second opinion; it may know fewer ranges."""
    assert address.is_global or is_private(address) or never(address) is not None


@given(st.ip_addresses(network=str(MAPPED)))
def test_mapped_addresses_are_reached_by_no_other_way(address: IPv4Address) -> None:
    assert never(address) is not None


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_only_itself(address: IPv4Address) -> None:
    assert seen_as(address) == (address,)
