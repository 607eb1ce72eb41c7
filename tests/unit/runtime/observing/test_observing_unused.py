"""What is declared and was never used."""

from pipedreamer.runtime.observing.unused import unused
from pipedreamer.spec import Destination, Permissions

NOTHING = Permissions(net=(), read=(), secrets=(), declared=True)


def test_without_a_block_nothing_is_declared() -> None:
    assert list(unused(Permissions(), NOTHING)) == []


def test_every_line_that_nothing_needs_is_told() -> None:
    declared = Permissions(
        net=(Destination("a.com", 443), Destination("*.b.com", 443)),
        read=("/data",),
        write=("/out",),
        env=("TZ",),
        secrets=("x",),
        inject=("y",),
        declared=True,
    )
    assert list(unused(declared, NOTHING)) == [
        ("net", "a.com:443"),
        ("net", "*.b.com:443"),
        ("read", "/data"),
        ("write", "/out"),
        ("env", "TZ"),
        ("secrets", "x"),
        ("inject", "y"),
    ]


def test_what_covers_something_that_was_used_is_used() -> None:
    declared = Permissions(
        net=(Destination("*.b.com", 443), Destination("10.0.0.0/8", 5432)),
        read=("/data", "/out/old"),
        write=("/out",),
        secrets=("x",),
        inject=("y",),
        declared=True,
    )
    used = Permissions(
        net=(Destination("a.b.com", 443), Destination("10.1.2.3", 5432)),
        read=("/data/a/b",),
        write=("/out/a",),
        secrets=("y",),
        inject=("x",),
        declared=True,
    )
    assert list(unused(declared, used)) == [("read", "/out/old")]


def test_another_port_is_not_used() -> None:
    declared = Permissions(net=(Destination("a.com", 443),), read=(), declared=True)
    used = Permissions(net=(Destination("a.com", 8443),), read=(), secrets=(), declared=True)
    assert list(unused(declared, used)) == [("net", "a.com:443")]


def test_everything_is_too_much_where_nothing_is_reached() -> None:
    assert list(unused(Permissions(declared=True, read=()), NOTHING)) == [("net", "any")]
