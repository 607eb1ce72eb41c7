"""Entries of `permissions.net`: each right one has one spelling, each wrong one is told with the right one."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipedreamer.spec import Destination
from pipedreamer.spec.destinations import destination
from pipedreamer.spec.findings import Fault

HOST = "for example api.github.com:443"
PORTS = "has no port from 1 to 65535"
FOUR = "is not an IPv4 address (four numbers from 0 to 255, for example 10.0.0.1:5432)"
BRACKETS = "is not a host (brackets are for IPv6, for example [2001:db8::1]:443)"
METADATA = "can never be reached: it is a metadata service of the cloud, which hands out credentials (remove it)"

RIGHT_HOSTS = {
    "api.github.com": ("api.github.com", 443),
    "API.GitHub.com.:8443": ("api.github.com", 8443),
    "localhost:65535": ("localhost", 65535),
    "my_db:1": ("my_db", 1),
    "*.Example.com": ("*.example.com", 443),
    "*.example.com.:80": ("*.example.com", 80),
    "bücher.example:80": ("xn--bcher-kva.example", 80),
    "*.BÜCHER.example": ("*.xn--bcher-kva.example", 443),
    "10.0.0.1": ("10.0.0.1", 443),
    "127.0.0.1:5432": ("127.0.0.1", 5432),
    "10.0.0.0/8:5432": ("10.0.0.0/8", 5432),
    "0.0.0.0/0": ("0.0.0.0/0", 443),
    "2001:DB8:0::1": ("2001:db8::1", 443),
    "[2001:db8::1]": ("2001:db8::1", 443),
    "[::1]:8080": ("::1", 8080),
    "2001:db8::/32": ("2001:db8::/32", 443),
    "2001:db8::/32:80": ("2001:db8::/32", 80),
    "[2001:db8::/32]:80": ("2001:db8::/32", 80),
}

WRONG_HOSTS = {
    "": f"is not a host ({HOST})",
    "a b": f"is not a host ({HOST})",
    "a\0b": f"is not a host ({HOST})",
    "-a.com": f"is not a host ({HOST})",
    "a..com": f"is not a host ({HOST})",
    "x" * 64: f"is not a host ({HOST})",
    "a." * 127 + "a": f"is not a host ({HOST})",
    "me@host": f"is not a host ({HOST})",
    "\uff0a.example.com": f"is not a host ({HOST})",
    "169\u3002254\u3002169\u3002254": f"is not a host ({HOST})",
    ":443": f"is not a host ({HOST})",
    "443": f"is a port without a host ({HOST})",
    "a.com:": f"{PORTS} (write a.com:443)",
    "a.com:0": f"{PORTS} (name each port, for example a.com:443)",
    "a.com:65536": f"{PORTS} (name each port, for example a.com:443)",
    "a.com:http": f"{PORTS} (name each port, for example a.com:443)",
    "a.com:80-90": f"{PORTS} (name each port, for example a.com:443)",
    "a.com:\uff100": f"{PORTS} (name each port, for example a.com:443)",
    "[::1]:": f"{PORTS} (write [::1]:443)",
    "a.com:0443": "has a port that begins with 0 (write a.com:443)",
    "https://x": "is a URL, and hosts are named here (write x:443)",
    "http://x/path?q": "is a URL, and hosts are named here (write x:80)",
    "https://me:pw@x:8443": "is a URL, and hosts are named here (write x:8443)",
    "postgres://db/orders": "is a URL, and hosts are named here (write db:5432)",
    "http://[::1]/": "is a URL, and hosts are named here (write [::1]:80)",
    "http://": f"is a URL, and hosts are named here ({HOST})",
    "a.com/path": "names a path; only whole hosts can be named (write a.com)",
    "/path": f"names a path; only whole hosts can be named ({HOST})",
    "*.com": "covers a whole top-level domain (name at least two parts after *., for example *.example.com)",
    "a.*.com": "has a * that is not the whole first part (for example *.example.com:443)",
    "*a.example.com": "has a * that is not the whole first part (for example *.example.com:443)",
    "*.*.example.com": "has a * that is not the whole first part (for example *.example.com:443)",
    "*.0.0.1": "has a * before an address (write a network, for example 10.0.0.0/8:443)",
    "010.1": "is another spelling of 8.0.0.1 (write 8.0.0.1:443 if that is meant)",
    "0x7f.1:80": "is another spelling of 127.0.0.1 (write 127.0.0.1:80 if that is meant)",
    "2130706433": "is another spelling of 127.0.0.1 (write 127.0.0.1:443 if that is meant)",
    "127.1": "is another spelling of 127.0.0.1 (write 127.0.0.1:443 if that is meant)",
    "256.1.1.1": FOUR,
    "1.2.3.4.5": FOUR,
    "08.1": FOUR,
    "host.7": FOUR,
    "10.0.0.1/8:5": "names an address inside 10.0.0.0/8 (write 10.0.0.0/8:5 for all of it, or 10.0.0.1:5)",
    "2001:db8::1/32": (
        "names an address inside 2001:db8::/32 (write [2001:db8::/32]:443 for all of it, or [2001:db8::1]:443)"
    ),
    "10.0.0.0/33": "is not a network (for example 10.0.0.0/8:5432 or [2001:db8::/32]:443)",
    "10.0.0.0/255.0.0.0": "is not a network (for example 10.0.0.0/8:5432 or [2001:db8::/32]:443)",
    "012.0.0.0/8": "has another spelling of 10.0.0.0 (write 10.0.0.0/8:443 if that is meant)",
    "[10.0.0.1]:80": BRACKETS,
    "[::1": BRACKETS,
    "[::1]x": BRACKETS,
    "1::2::3": "is not an IPv6 address (for example [2001:db8::1]:443)",
    "::ffff:10.0.0.1": "is another spelling of 10.0.0.1 (write 10.0.0.1:443)",
    "::ffff:10.0.0.0/104": "is another spelling of 10.0.0.0/8 (write 10.0.0.0/8:443)",
    "2001:db8::1%eth0": "has a zone, which only link-local addresses have (write [2001:db8::1]:443)",
    "169.254.169.254": METADATA,
    "[fd00:ec2::254]:80": METADATA,
    "100.100.100.200:80": METADATA,
    "168.63.129.16/32": METADATA,
    "169.254.1.1": "can never be reached: it is link-local (remove it)",
    "169.254.0.0/16:80": "can never be reached: it is link-local (remove it)",
    "fe80::1%eth0": "can never be reached: it is link-local (remove it)",
    "0.0.0.7": "can never be reached: it is no address that can be connected to (remove it)",
    "ff02::1": "can never be reached: it is a multicast address (remove it)",
    "198.18.0.1": "can never be reached: the engine uses such addresses itself (remove it)",
}


@pytest.mark.parametrize(("text", "found"), RIGHT_HOSTS.items())
def test_an_entry_of_net_has_one_spelling(text: str, found: tuple[str, int]) -> None:
    assert destination(text) == Destination(*found)


@pytest.mark.parametrize(("text", "expected"), WRONG_HOSTS.items())
def test_a_wrong_entry_of_net_is_told_with_the_right_one(text: str, expected: str) -> None:
    found = destination(text)
    assert isinstance(found, Fault)
    assert f"{found.message} ({found.suggestion})" == expected


HOSTS = st.one_of(
    st.text("0123456789abcxABC.:/[]*%-_@ü\u3002 ", max_size=24),
    st.ip_addresses().map(str),
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.lists(st.sampled_from(["0x7f", "010", "127", "1", "a", "*", "3232235521"]), min_size=1, max_size=5).map(
        ".".join
    ),
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(HOSTS)
@example("169\u3002254\u3002169\u3002254")
def test_what_an_entry_says_as_text_is_that_entry(text: str) -> None:
    found = destination(text)
    if isinstance(found, Destination):
        assert destination(str(found)) == found
        assert found.host.isascii()
        assert 0 < found.port < 65536
