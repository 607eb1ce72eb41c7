"""What one set of permissions allows over another: by examples, and against a model that tries single things."""

from ipaddress import ip_address, ip_network

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipedreamer.spec import Destination, Permissions, widened
from pipedreamer.spec.destinations import destination

MI = 1024 * 1024


def net(*entries: str) -> Permissions:
    return Permissions(net=tuple(found for entry in entries if isinstance(found := destination(entry), Destination)))


def sent(*entries: str) -> Permissions:
    """Permissions that let one secret go to these hosts, and no node see any."""
    return msgspec.structs.replace(net(*entries), secrets=(), inject=("github",))


NOTHING = Permissions(net=(), read=(), declared=True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (Permissions(), NOTHING, ()),
        (Permissions(declared=True), Permissions(), ()),
        (net("a.com"), net("a.com"), ()),
        (net("a.com"), net("a.com", "b.com:80"), ("connections to b.com:80",)),
        (net("a.com"), net("a.com:80"), ("connections to a.com:80",)),
        (net("a.com"), Permissions(net="any"), ("connections to everywhere",)),
        (Permissions(net="any"), net("a.com", "10.0.0.0/8", "*.b.com"), ()),
        (net("*.a.com"), net("*.x.a.com", "*.a.com"), ()),
        (net("*.a.com"), net("x.a.com"), ("connections to x.a.com:443",)),
        (net("*.a.com"), net("a.com"), ("connections to a.com:443",)),
        (net("*.a.com"), net("xa.com"), ("connections to xa.com:443",)),
        (net("*.a.com"), net("x.a.com:80"), ("connections to x.a.com:80",)),
        (net("x.a.com"), net("*.a.com"), ("connections to *.a.com:443",)),
        (net("10.0.0.0/8"), net("10.1.2.3", "10.1.0.0/16", "10.0.0.0/8"), ()),
        (net("10.0.0.0/8"), net("11.0.0.1"), ("connections to 11.0.0.1:443",)),
        (net("10.0.0.0/9", "10.128.0.0/9"), net("10.0.0.0/8"), ()),
        (net("10.0.0.0/9", "10.128.0.0/9:80"), net("10.0.0.0/8"), ("connections to 10.0.0.0/8:443",)),
        (net("10.0.0.1"), net("10.0.0.1/32"), ()),
        (net("0.0.0.0/0"), net("2001:db8::1"), ("connections to [2001:db8::1]:443",)),
        (net("0.0.0.0/0"), net("a.com"), ("connections to a.com:443",)),
        (Permissions(read=("/a",)), Permissions(read=("/a/b", "/a")), ()),
        (Permissions(read=("/a",)), Permissions(read=("/ab",)), ("reading /ab",)),
        (Permissions(read=("/a/b",)), Permissions(read=("/a",)), ("reading /a",)),
        (Permissions(read=("/a",)), Permissions(read=("/a",), write=("/a",)), ("writing to /a",)),
        (Permissions(read=(), write=("/a",)), Permissions(read=("/a/b",)), ()),
        (Permissions(), Permissions(env=("TZ",)), ("the environment variable TZ",)),
        (Permissions(memory=64 * MI), Permissions(memory=65 * MI), ("65Mi of memory in place of 64Mi",)),
        (Permissions(memory=64 * MI), Permissions(memory=63 * MI), ()),
        (Permissions(secrets=("a",)), Permissions(), ("all secrets in ctx.secrets",)),
        (Permissions(secrets=("a",)), Permissions(secrets=("b", "a")), ("the secret b in ctx.secrets",)),
        (Permissions(), Permissions(secrets=("a",), inject=("b",)), ()),
        (Permissions(inject=("a",)), Permissions(), ("the secret a in ctx.secrets",)),
        (Permissions(inject=("a",)), Permissions(secrets=("a", "b")), ("the secret a in ctx.secrets",)),
        (Permissions(secrets=("a",)), Permissions(secrets=(), inject=("a",)), ()),
        (Permissions(secrets=("a",)), Permissions(secrets=(), inject=("b",)), ("the secret b for ctx.fetch",)),
        (sent("*.b.com", "10.0.0.1"), sent("*.x.b.com", "10.0.0.1"), ()),
        (sent("10.0.0.0/8"), sent("10.0.0.1"), ("the secret github to 10.0.0.1:443",)),
        (sent("a.com"), sent("a.com", "b.com"), ("connections to b.com:443",)),
        (Permissions(inject=("github",)), sent("a.com", "api.github.com"), ("the secret github to a.com:443",)),
        (Permissions(secrets=("github",)), sent("a.com"), ()),
        (
            NOTHING,
            Permissions(env=("TZ",)),
            ("connections to everywhere", "reading /var/run/secrets", "the environment variable TZ"),
        ),
    ],
)
def test_what_is_new_is_put_into_words(old: Permissions, new: Permissions, expected: tuple[str, ...]) -> None:
    assert widened(old, new) == expected


HOSTS = [
    "a.com", "x.a.com", "y.x.a.com", "*.a.com", "*.x.a.com", "b.com", "10.0.0.1", "10.0.0.0/30", "10.0.0.2/31",
    "10.0.0.0/31", "10.0.0.0/29", "::1", "::/126", "0.0.0.0/0",
]  # fmt: skip
NAMES = ["a.com", "x.a.com", "y.x.a.com", "z.a.com", "b.com", "c.com"]
ADDRESSES = [f"10.0.0.{last}" for last in range(9)] + ["::1", "::4", "11.0.0.1"]
PATHS = ["/a", "/a/b", "/a/b/c", "/ab", "/c"]
SECRETS = ["one", "two", "three"]

DESTINATIONS = st.builds(Destination, st.sampled_from(HOSTS), st.sampled_from([80, 443]))
NETS = st.just("any") | st.lists(DESTINATIONS, max_size=3).map(tuple)
FILES = st.lists(st.sampled_from(PATHS), max_size=3).map(tuple)
SEEN = st.none() | st.lists(st.sampled_from(SECRETS), max_size=3).map(tuple)
INJECTED = st.lists(st.sampled_from(SECRETS), max_size=2).map(tuple)
ENV = st.lists(st.sampled_from(["TZ", "LANG"]), max_size=2).map(tuple)
MEMORY = st.sampled_from([64 * MI, 65 * MI])
KINDS = (
    st.builds(Permissions, net=NETS),
    st.builds(Permissions, read=FILES, write=FILES),
    st.builds(Permissions, secrets=SEEN, inject=INJECTED),
    st.builds(Permissions, env=ENV, memory=MEMORY, declared=st.booleans()),
    st.builds(Permissions, net=NETS, read=FILES, secrets=SEEN, inject=INJECTED, env=ENV),
)
"""Few of everything and mostly one thing at a time, so that one is often no wider than another."""
PAIRS = st.one_of(*(st.tuples(kind, kind) for kind in KINDS))
TRIPLES = st.one_of(*(st.tuples(kind, kind, kind) for kind in KINDS))
PROPERTY = settings(derandomize=True, deadline=None, max_examples=250)


def reaches(permissions: Permissions, host: str, port: int) -> bool:
    """The rule of `net` for a single name or address, written as plainly as it can be."""
    if permissions.net == "any":
        return True
    for one in permissions.net:
        if one.port != port:
            continue
        if one.host == host or (one.host.startswith("*.") and host.endswith(one.host[1:])):
            return True
        if host in ADDRESSES and one.host[-1].isdigit() and ip_address(host) in ip_network(one.host):
            return True
    return False


def allowed(permissions: Permissions) -> set[object]:
    """Every single thing of a small world that these permissions allow."""
    reached = [
        (host, port) for host in [*NAMES, *ADDRESSES] for port in (80, 443, 5432) if reaches(permissions, host, port)
    ]
    world: set[object] = set(reached)
    readable = (*permissions.read, *permissions.write)
    for kind, grants in (("read", readable), ("write", permissions.write)):
        world |= {(kind, path) for path in PATHS for grant in grants if f"{path}/".startswith(f"{grant}/")}
    world |= {("env", name) for name in permissions.env}
    world |= {("memory", size) for size in (64 * MI, 65 * MI) if size <= permissions.memory}
    every = [*SECRETS, "four"]
    seen = every if permissions.secrets is None else permissions.secrets
    world |= {("see", name) for name in seen if name not in permissions.inject}
    if permissions.net != "any":
        hosts = Permissions(net=tuple(one for one in permissions.net if "/" not in one.host))
        named = [(host, port) for host in [*NAMES, *ADDRESSES] for port in (80, 443) if reaches(hosts, host, port)]
        world |= {("send", name, *host) for name in permissions.inject for host in named}
    world |= {("send", name, *there) for name in seen if name not in permissions.inject for there in reached}
    return world | {("fetch", name) for name in every if name in seen or name in permissions.inject}


@PROPERTY
@given(st.one_of(*KINDS))
def test_nothing_is_wider_than_itself(one: Permissions) -> None:
    assert widened(one, one) == ()


@PROPERTY
@given(PAIRS)
def test_where_nothing_is_told_nothing_more_is_allowed(pair: tuple[Permissions, Permissions]) -> None:
    old, new = pair
    if widened(old, new) == ():
        assert allowed(new) <= allowed(old)


@PROPERTY
@given(PAIRS)
def test_where_something_is_told_something_more_is_allowed(pair: tuple[Permissions, Permissions]) -> None:
    """The world is small: a wildcard, a network and `any` may differ outside of it."""
    old, new = pair
    if new.net != "any" and any(one.host[0] == "*" or "/" in one.host for one in new.net):
        new = msgspec.structs.replace(new, net=())
    if widened(old, new):
        assert not allowed(new) <= allowed(old)


@PROPERTY
@given(TRIPLES)
def test_what_is_no_wider_step_by_step_is_no_wider_at_once(
    three: tuple[Permissions, Permissions, Permissions],
) -> None:
    first, second, third = three
    if widened(first, third):
        assert widened(first, second) or widened(second, third)
