"""A seccomp filter as the kernel's little machine reads it: an allow-list, with conditions on arguments.

The machine (classic BPF, linux/filter.h) sees `struct seccomp_data`: the number of the call, the processor, and six
arguments of 64 bits, which it loads as halves.
"""

import errno
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipedreamer.sandbox.lock.syscalls import AUDIT_ARCH

ALLOW: Final = 0x7FFF0000
NOTIFY: Final = 0x7FC00000

_LOAD, _AND, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_X32_BIT: Final = 0x40000000
_LOW: Final = 0xFFFFFFFF


_FOREIGN: Final = 0x00050000 | errno.ENOSYS


def refuse(code: int) -> int:
    """The action of failing with this errno; with 0 the call seems to succeed and does nothing."""
    return 0x00050000 | code


@dataclass(frozen=True, slots=True)
class Has:
    """A condition: argument `index`, of which `mask` is looked at, is `value`; all 64 bits where `wide`."""

    index: int
    value: int
    mask: int = _LOW
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of a call: `action` when all conditions of one of the `cases` hold (none: always), else `other`."""

    call: int
    action: int
    cases: tuple[tuple[Has, ...], ...] = ()
    other: int = refuse(1)


def program(rules: Iterable[Rule], machine: str, default: int) -> bytes:
    """The filter's instructions; a call of another processor's table (x32, 32 bit) is not there.

    It is not made to end the process: under gVisor what is ended so may stay for ever, half dead.
    """
    code = [_step(_LOAD, _ARCH_AT), *_unless(_JUMP_EQUAL, AUDIT_ARCH[machine], _FOREIGN), _step(_LOAD, _NUMBER_AT)]
    if machine == "x86_64":
        code += [_step(_JUMP_AT_LEAST, _X32_BIT, 0, 1), _step(_RETURN, _FOREIGN)]
    for rule in rules:
        block = _block(rule)
        code += _skip_over(block, rule.call)
    code.append(_step(_RETURN, default))
    return b"".join(code)


def _block(rule: Rule) -> list[bytes]:
    if not rule.cases:
        return [_step(_RETURN, rule.action)]
    code = []
    for case in rule.cases:
        code += _case(case, rule.action)
    return [*code, _step(_RETURN, rule.other)]


def _case(conditions: Sequence[Has], action: int) -> list[bytes]:
    """Return `action` when all hold, else go on behind."""
    code = [_step(_RETURN, action)]
    for condition in reversed(conditions):
        low = _ARGUMENTS_AT + 8 * condition.index
        if condition.wide:
            code = [_step(_LOAD, low + 4), *_go_on_if(condition.value >> 32, code)]
        code = [
            _step(_LOAD, low), _step(_AND, condition.mask), *_go_on_if(condition.value & condition.mask & _LOW, code)
        ]  # fmt: skip
    return code


def _go_on_if(value: int, code: list[bytes]) -> list[bytes]:
    return [_step(_JUMP_EQUAL, value, 0, len(code)), *code]


def _skip_over(block: list[bytes], call: int) -> list[bytes]:
    """The block for this call; the number must be loaded anew behind it only if it is left, which it never is."""
    return [_step(_JUMP_EQUAL, call, 0, len(block)), *block]


def _unless(jump: int, value: int, action: int) -> list[bytes]:
    return [_step(jump, value, 1, 0), _step(_RETURN, action)]


def _step(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, constant & _LOW)
