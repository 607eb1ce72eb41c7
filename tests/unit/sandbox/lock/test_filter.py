"""The filter's instructions, run by the few lines of BPF that they use, against what the rules say in words."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.sandbox.lock.filter import ALLOW, NOTIFY, Has, Rule, program, refuse
from pipedreamer.sandbox.lock.seccomp import Kind, program_of
from pipedreamer.sandbox.lock.syscalls import AUDIT_ARCH, numbers

X86 = AUDIT_ARCH["x86_64"]
CALLS = numbers("x86_64")
MOST_STEPS = 4096  # BPF_MAXINSNS

words = st.integers(0, 2**64 - 1) | st.integers(0, 64)
conditions = st.builds(
    Has, st.integers(0, 5), st.integers(0, 64), st.sampled_from([0xFFFFFFFF, 0xF, 0x20]), st.booleans()
)
rules = st.builds(
    Rule,
    st.integers(0, 20),
    st.sampled_from([ALLOW, NOTIFY, refuse(38)]),
    st.lists(st.lists(conditions, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple),
    st.sampled_from([refuse(1), refuse(13)]),
)


def verdict(steps: bytes, call: int, arguments: tuple[int, ...] = (0,) * 6, arch: int = X86) -> int:
    """What the kernel would do: classic BPF over `struct seccomp_data`."""
    data = struct.pack("=iIQ6Q", call, arch, 0, *arguments)
    accumulator = position = 0
    while True:
        code, if_true, if_false, constant = struct.unpack_from("=HBBI", steps, 8 * position)
        position += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, constant)
            case 0x54:
                accumulator &= constant
            case 0x15:
                position += if_true if accumulator == constant else if_false
            case 0x35:
                position += if_true if accumulator >= constant else if_false
            case 0x06:
                return int(constant)
            case _:
                raise AssertionError(f"instruction {code:#x}")


def said(rule: Rule, arguments: tuple[int, ...]) -> int:
    """What a rule says of a call with these arguments."""

    def holds(condition: Has) -> bool:
        whole = arguments[condition.index]
        low = whole & condition.mask & 0xFFFFFFFF == condition.value & condition.mask & 0xFFFFFFFF
        return low and (not condition.wide or whole >> 32 == condition.value >> 32)

    if not rule.cases or any(all(map(holds, case)) for case in rule.cases):
        return rule.action
    return rule.other


@given(st.lists(rules, unique_by=lambda rule: rule.call, max_size=8), st.integers(0, 25), st.tuples(*[words] * 6))
def test_a_program_does_what_its_rules_say(found: list[Rule], call: int, arguments: tuple[int, ...]) -> None:
    steps = program(found, "x86_64", refuse(1))
    expected = next((said(rule, arguments) for rule in found if rule.call == call), refuse(1))
    assert verdict(steps, call, arguments) == expected


@given(st.lists(rules, unique_by=lambda rule: rule.call, max_size=3), st.integers(0, 500))
def test_another_processors_table_is_not_there(found: list[Rule], call: int) -> None:
    steps = program(found, "x86_64", refuse(1))
    assert verdict(steps, call, arch=0x40000003) == refuse(38)  # i386
    assert verdict(steps, call | 0x40000000) == refuse(38)  # x32


def test_every_kind_fits_into_the_kernel_and_lets_no_process_or_program_start() -> None:
    for tcp, notify, jailed in ((False, False, True), (True, False, False), (True, True, True)):
        steps = program_of(Kind(tcp=tcp, notify=notify, keeps_modes=jailed))
        assert len(steps) // 8 <= MOST_STEPS
        for call in (56, 57, 58, 59, 101, 165, 272, 308, 310, 321, 322):  # clone to execveat
            assert verdict(steps, call) == refuse(1)
        assert verdict(steps, CALLS["clone3"]) == refuse(38)


def test_sockets_are_only_tcps_and_a_connect_is_never_simply_allowed() -> None:
    without, bare, heard = program_of(Kind()), program_of(Kind(tcp=True)), program_of(Kind(tcp=True, notify=True))
    stream, datagram = (2, 1 | 0o2000000, 6, 0, 0, 0), (2, 2, 0, 0, 0, 0)
    mptcp, local = (2, 1, 262, 0, 0, 0), (1, 1, 0, 0, 0, 0)
    assert [verdict(without, CALLS["socket"], kind) for kind in (stream, datagram, mptcp, local)] == [refuse(1)] * 4
    assert [verdict(heard, CALLS["socket"], kind) == ALLOW for kind in (stream, datagram, mptcp, local)] == [
        True, False, False, False,
    ]  # fmt: skip
    assert [verdict(steps, CALLS["connect"]) for steps in (without, bare, heard)] == [refuse(1), refuse(1), NOTIFY]


def test_nothing_is_sent_to_an_address() -> None:
    steps = program_of(Kind(tcp=True, notify=True))
    assert verdict(steps, CALLS["sendto"], (3, 1, 1, 0, 0, 0)) == ALLOW
    assert verdict(steps, CALLS["sendto"], (3, 1, 1, 0, 1 << 32, 16)) == refuse(1)
    assert verdict(steps, CALLS["sendto"], (3, 1, 1, 0x20000000, 0, 0)) == refuse(1)
    assert verdict(steps, CALLS["sendmsg"], (3, 1, 0x20000000, 0, 0, 0)) == refuse(1)


def test_a_file_that_acts_for_its_owner_can_neither_be_made_nor_become_one() -> None:
    creating = 0o101
    for jailed in (True, False):
        steps = program_of(Kind(keeps_modes=jailed))
        assert verdict(steps, CALLS["openat"], (0, 0, creating, 0o644, 0, 0)) == ALLOW
        assert verdict(steps, CALLS["openat"], (0, 0, creating, 0o4755, 0, 0)) == refuse(1)
        assert verdict(steps, CALLS["open"], (0, creating, 0o2755, 0, 0, 0)) == refuse(1)
        assert (
            verdict(steps, CALLS["openat"], (0, 0, 0, 0o4755, 0, 0)) == ALLOW
        )  # no file is made: the mode is not read
        assert verdict(steps, CALLS["chmod"], (0, 0o4755, 0, 0, 0, 0)) == refuse(1)
        assert verdict(steps, CALLS["chmod"], (0, 0o755, 0, 0, 0, 0)) == (ALLOW if jailed else refuse(0))


def test_memory_is_taken_only_where_the_limit_on_data_sees_it() -> None:
    steps = program_of(Kind())
    anonymous, private, shared, grows_down = 0x20, 0x2, 0x1, 0x100
    taken = [anonymous | private, anonymous | shared, anonymous | private | grows_down, shared]
    said = [verdict(steps, CALLS["mmap"], (0, 4096, 3, flags, 0, 0)) == ALLOW for flags in taken]
    assert said == [True, False, False, True]


def test_a_thread_is_made_in_no_namespace_of_its_own() -> None:
    steps = program_of(Kind())
    thread = 0x10F00
    assert verdict(steps, CALLS["clone"], (thread, 0, 0, 0, 0, 0)) == ALLOW
    for new in (0x20000, 0x10000000, 0x40000000):
        assert verdict(steps, CALLS["clone"], (thread | new, 0, 0, 0, 0, 0)) == refuse(1)


def test_attributes_are_read_by_path_only_where_other_files_are_out_of_sight() -> None:
    call = (CALLS["getxattr"], (0, 0, 0, 0, 0, 0))
    assert verdict(program_of(Kind(keeps_modes=True)), *call) == ALLOW
    assert verdict(program_of(Kind()), *call) == refuse(95)
