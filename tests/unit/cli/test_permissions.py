"""How permissions are shown to a person and to a program."""

import pytest

from pipedreamer.cli.permissions import described, document
from pipedreamer.spec import Destination, Permissions

FOLDER = "the workflow's folder, without names that begin with a dot, and its packages"
NET = (Destination("a.com", 443), Destination("*.b.com", 80), Destination("2001:db8::/32", 443))


def test_the_defaults_are_called_that() -> None:
    assert described(Permissions(), "flow 1.0").splitlines() == [
        "flow 1.0: what its nodes may reach (no permissions block: the defaults)",
        "  network      everything, except metadata of the cloud, link-local addresses and the engine's own ports",
        f"  read         {FOLDER}",
        "               /var/run/secrets",
        "               what may be written, and nothing else",
        "  write        /tmp, a scratch folder of the workflow's own",
        "               nothing else",
        "  environment  nothing",
        "  memory       256Mi a worker",
        "  secrets      all",
        "  programs     none: no node starts another process",
    ]


def test_a_block_is_shown_with_what_it_does_not_permit() -> None:
    permissions = Permissions(
        net=NET,
        read=("/a",),
        write=("/b", "/c"),
        env=("TZ", "LANG"),
        memory=10**9,
        secrets=("x", "y"),
        inject=("z",),
        declared=True,
    )
    assert described(permissions, "flow 1.0").splitlines() == [
        "flow 1.0: what its nodes may reach (as its permissions block says)",
        "  network      a.com:443",
        "               *.b.com:80  any name below b.com, not at private addresses",
        "               [2001:db8::/32]:443",
        "               nothing else",
        f"  read         {FOLDER}",
        "               /a",
        "               what may be written, and nothing else",
        "  write        /tmp, a scratch folder of the workflow's own",
        "               /b",
        "               /c",
        "               nothing else",
        "  environment  TZ",
        "               LANG",
        "  memory       1G a worker",
        "  secrets      x, y",
        "               only for ctx.fetch, never seen by a node: z",
        "  programs     none: no node starts another process",
    ]


@pytest.mark.parametrize(
    ("permissions", "line"),
    [
        (Permissions(net=()), "  network      nothing"),
        (Permissions(secrets=()), "  secrets      none"),
        (Permissions(inject=("x", "y")), "  secrets      all, except x, y"),
    ],
)
def test_what_is_empty_is_said_to_be(permissions: Permissions, line: str) -> None:
    assert line in described(permissions, "flow 1.0").splitlines()


def test_a_program_gets_words_lists_and_bytes() -> None:
    assert document(Permissions()) == {
        "declared": False,
        "net": "any",
        "read": ("/var/run/secrets",),
        "write": (),
        "env": (),
        "memory": 268435456,
        "secrets": "all",
        "inject": (),
        "subprocesses": False,
    }
    told = document(Permissions(net=NET, secrets=("x",), declared=True))
    assert (told["declared"], told["secrets"]) == (True, ("x",))
    assert told["net"] == ["a.com:443", "*.b.com:80", "[2001:db8::/32]:443"]
