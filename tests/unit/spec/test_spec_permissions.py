"""The `permissions` block: what each right one permits, and exactly what is said of each wrong one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipedreamer.spec import Destination, Permissions, read
from pipedreamer.spec.findings import Fault
from pipedreamer.spec.granted_paths import granted_path
from pipedreamer.spec.quantity import memory, memory_text

WHOLE = "name: a\nversion: 1.0\ntriggers: [{type: manual}]\nnodes:\n  a: {path: a.py}\n"
KNOWN = "known keys: net, read, write, env, memory, secrets, inject"
ABSOLUTE = "begin it with /; the workflow's own folder can be read without being named"
UNITS = "is not an amount of memory: the units are Ki, Mi, Gi, Ti, k, M, G and T"
MI = 1024 * 1024


def permitted(block: str) -> Permissions:
    """What a block without a problem permits."""
    reading = read(f"{WHOLE}permissions: {block}\n")
    assert reading.problems == ()
    assert reading.workflow is not None
    return reading.workflow.permissions


def complaints(block: str) -> list[str]:
    """The problems of a block in one line, with the column counted within it."""
    start = len("permissions: ")
    problems = read(f"{WHOLE}permissions: {block}\n").problems
    assert {problem.line for problem in problems} <= {6}
    return [f"{problem.column - start}: {str(problem).partition(': ')[2]}" for problem in problems]


def test_without_a_block_the_defaults_hold() -> None:
    workflow = read(WHOLE).workflow
    assert workflow is not None
    assert workflow.permissions == Permissions(
        net="any",
        read=("/var/run/secrets",),
        write=(),
        env=(),
        memory=256 * MI,
        secrets=None,
        inject=(),
        declared=False,
    )


def test_a_block_permits_what_it_names_and_no_more() -> None:
    nothing = Permissions(net=(), read=(), write=(), env=(), secrets=None, inject=(), declared=True)
    assert permitted("{}") == nothing
    assert permitted("{net: none}") == nothing
    assert permitted("{net: [], secrets: []}") == Permissions(net=(), read=(), secrets=(), declared=True)
    assert permitted("{net: any}") == Permissions(net="any", read=(), declared=True)
    assert permitted(
        "{net: ['a.com:80', b], read: [/a], write: [/b/], env: [TZ], memory: 1Gi, secrets: [x], inject: [y]}"
    ) == Permissions(
        net=(Destination("a.com", 80), Destination("b", 443)),
        read=("/a",),
        write=("/b",),
        env=("TZ",),
        memory=1024 * MI,
        secrets=("x",),
        inject=("y",),
        declared=True,
    )


def test_anchors_and_merge_keys_work_in_it() -> None:
    text = f"x-net: &net {{net: [a.com]}}\n{WHOLE}permissions: {{<<: *net, env: [TZ]}}\n"
    workflow = read(text).workflow
    assert workflow is not None
    assert workflow.permissions == Permissions(net=(Destination("a.com", 443),), read=(), env=("TZ",), declared=True)


BLOCKS = {
    "{nets: any}": '2: error: permissions has an unknown key "nets" (did you mean "net"?)',
    "{Read: [/a]}": '2: error: permissions has an unknown key "Read" (did you mean "read"?)',
    "{x-anchors: []}": f'2: error: permissions has an unknown key "x-anchors" ({KNOWN})',
    "{sandbox: off}": f'2: error: permissions has an unknown key "sandbox" ({KNOWN})',
    "none": '1: error: permissions must be a mapping, not "none" (for example {net: none})',
    "[net]": "1: error: permissions must be a mapping, not a list (for example {net: none})",
    "{secrets: }": "2: error: permissions.secrets has no value (for example secrets: [github], or remove the key)",
    "{net: all}": (
        '7: error: permissions.net must be any, none or a list of hosts, not "all" (for example ["api.github.com:443"])'
    ),
    "{net: {a: 443}}": (
        "7: error: permissions.net must be any, none or a list of hosts, not a mapping "
        '(for example ["api.github.com:443"])'
    ),
    "{net: [any]}": '8: error: permissions.net[0] "any" is not a host (write net: any, without a list)',
    "{net: ['*']}": '8: error: permissions.net[0] "*" is not a host (write net: any, without a list)',
    "{net: [none]}": '8: error: permissions.net[0] "none" is not a host (write net: none, without a list)',
    "{net: [A.b, a.b.]}": "13: warning: permissions.net[1] says the same as permissions.net[0] (remove one of them)",
    "{read: /data}": '8: error: permissions.read must be a list of paths, not "/data" (write ["/data"])',
    "{write: none}": '9: error: permissions.write must be a list of paths, not "none" (write [])',
    "{secrets: all}": '11: error: permissions.secrets must be a list of names, not "all" (for example [github])',
    "{secrets: {a: 1}}": "11: error: permissions.secrets must be a list of names, not a mapping (for example [github])",
    "{read: [/a, /a/]}": "13: warning: permissions.read[1] says the same as permissions.read[0] (remove one of them)",
    "{write: [/tmp]}": (
        "10: warning: permissions.write[0] \"/tmp\" is the workflow's own scratch folder anyway, never the machine's "
        "(remove it)"
    ),
    "{env: [TZ, ~]}": "12: error: permissions.env[1] has no value (for example TZ)",
    "{env: [TZ, TZ]}": "12: warning: permissions.env[1] says the same as permissions.env[0] (remove one of them)",
    "{secrets: [a], inject: [b, a]}": (
        '12: warning: permissions.secrets[0] "a" is under permissions.inject too: nodes do not see it '
        "(leave it out in one of them)"
    ),
    "{secrets: ['']}": '12: error: permissions.secrets[0] "" is empty (for example github)',
    "{inject: [a/b]}": '11: error: permissions.inject[0] "a/b" is not the name of a secret (for example github)',
}


@pytest.mark.parametrize(("block", "expected"), BLOCKS.items())
def test_a_wrong_block_is_told(block: str, expected: str) -> None:
    assert complaints(block) == [expected]


def test_all_that_is_wrong_is_told_at_once() -> None:
    block = "{net: [a b, '*.b'], read: [a], write: [/], env: [1], memory: 1, secrets: [x], inject: [x], nett: 1}"
    places = [int(line.partition(":")[0]) for line in complaints(block)]
    assert places == [8, 13, 28, 40, 50, 62, 75, 92]


def test_a_duplicate_and_the_scratch_folder_are_left_out_of_what_is_permitted() -> None:
    workflow = read(f"{WHOLE}permissions: {{net: [a.com, A.com], write: [/tmp, /b, /b]}}\n").workflow
    assert workflow is not None
    assert workflow.permissions.net == (Destination("a.com", 443),)
    assert workflow.permissions.write == ("/b",)


RIGHT_PATHS = {
    "/data": "/data",
    "//data//./x/": "/data/x",
    "/var/run/secrets/..data/token": "/var/run/secrets/..data/token",
    "/devices": "/devices",
    "/tmp/shared": "/tmp/shared",
    "/a b": "/a b",
}
WRONG_PATHS = {
    "": f"is not an absolute path ({ABSOLUTE})",
    "data": f"is not an absolute path ({ABSOLUTE})",
    "~/data": f"is not an absolute path: ~ is not expanded ({ABSOLUTE})",
    "/a/../b": "has a .. in it (write the path that it leads to)",
    "/a/.git/config": "leads through .git; what begins with a dot is never readable (put the files in another folder)",
    "/.secrets": "leads through .secrets; what begins with a dot is never readable (put the files in another folder)",
    "/a\0b": "holds a control character (for example /etc/ssl/certs)",
    "/": "is the whole machine, with the engine and all secrets (name the folders that are needed)",
    "//.//": "is the whole machine, with the engine and all secrets (name the folders that are needed)",
    "/proc": "is /proc, which shows other processes and what they hold (nodes do without it; remove it)",
    "/proc/self": "is in /proc, which shows other processes and what they hold (nodes do without it; remove it)",
    "/sys/kernel": "is in /sys, which is the kernel's (nodes do without it; remove it)",
    "/dev/mem": "is in /dev, which holds the machine's devices (nodes do without it; remove it)",
    "/app/secrets/github": "is in /app/secrets, where the secrets are mounted (nodes get secrets as ctx.secrets)",
    "/app": "holds /app/secrets, where the secrets are mounted (name the folders in it that are needed)",
}


def worded(fault: Fault) -> str:
    assert isinstance(fault.suggestion, str)
    return f"{fault.message} ({fault.suggestion})"


@pytest.mark.parametrize(("text", "found"), RIGHT_PATHS.items())
def test_a_granted_path_has_one_spelling(text: str, found: str) -> None:
    assert granted_path(text) == found
    assert granted_path(found) == found


@pytest.mark.parametrize(("text", "expected"), WRONG_PATHS.items())
def test_a_path_that_is_never_granted_is_told_why(text: str, expected: str) -> None:
    found = granted_path(text)
    assert isinstance(found, Fault)
    assert worded(found) == expected


NO_NAME = "is not the name of an environment variable"
OWN = "remove it; config is for settings of one's own"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TZ", None),
        ("_lower_1", None),
        ("PYTHONPATH", f"changes how Python itself starts, and no node gets it ({OWN})"),
        ("LD_PRELOAD", f"tells the loader which libraries to load, and no node gets it ({OWN})"),
        ("GLIBC_TUNABLES", f"changes how the C library works, and no node gets it ({OWN})"),
        ("PIPEDREAMER_DEBUG", f"belongs to the engine, and no node gets it ({OWN})"),
        ("1A", f"{NO_NAME} (for example TZ)"),
        ("TZ=UTC", f"{NO_NAME} (write TZ)"),
        ("${HOME}", f"{NO_NAME} (write HOME)"),
        ("ÄÖ", f"{NO_NAME} (for example TZ)"),
    ],
)
def test_an_environment_variable_is_checked(name: str, expected: str | None) -> None:
    found = complaints(f"{{env: ['{name}']}}")
    assert found == ([f'8: error: permissions.env[0] "{name}" {expected}'] if expected else [])


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("256Mi", 256 * MI),
        ("1.5Gi", 1536 * MI),
        ("64M", 64_000_000),
        ("40000k", 40_000_000),
        ("32Mi", 32 * MI),
        ("33554432", 32 * MI),
        ("32768Ki", 32 * MI),
        ("1G", 10**9),
        ("1T", 10**12),
        ("64Ti", 64 * 1024**4),
        ("0.1Gi", 107_374_183),  # Kubernetes rounds up
    ],
)
def test_an_amount_of_memory_is_in_bytes(text: str, size: int) -> None:
    assert memory(text) == size
    assert memory(memory_text(size)) == size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("256", "is less than 32Mi, which Python alone takes (write 256Mi)"),
        ("31Mi", "is less than 32Mi, which Python alone takes (for example 256Mi)"),
        ("0", "is less than 32Mi, which Python alone takes (for example 256Mi)"),
        ("65Ti", "is more than 64Ti (for example 256Mi)"),
        ("256m", "is in thousandths of a byte (write 256Mi)"),
        ("256MB", f"{UNITS} (write 256M)"),
        ("256mib", f"{UNITS} (write 256Mi)"),
        ("64kb", f"{UNITS} (write 64k)"),
        ("64KiB", f"{UNITS} (write 64Ki)"),
        ("256MI", f"{UNITS} (write 256Mi)"),
        ("2 GB", f"{UNITS} (write 2G)"),
        ("2 Gi", f"{UNITS} (write 2Gi)"),
        ("1g", f"{UNITS} (write 1Gi)"),
        ("1Pi", f"{UNITS} (for example 256Mi)"),
        ("-1", "is not an amount of memory (for example 256Mi)"),
        ("1e9", "is not an amount of memory (for example 256Mi)"),
        ("lots", "is not an amount of memory (for example 256Mi)"),
        ("\uff12Gi", "is not an amount of memory (for example 256Mi)"),
    ],
)
def test_a_wrong_amount_of_memory_is_told_with_the_right_one(text: str, expected: str) -> None:
    found = memory(text)
    assert isinstance(found, Fault)
    assert worded(found) == expected


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.integers(32 * MI, 64 * 1024**4))
def test_any_amount_of_memory_can_be_written(size: int) -> None:
    assert memory(memory_text(size)) == size
