"""Calls of the kernel that Python has no function for; each raises OSError with what was tried."""

import ctypes
import os
from typing import Any, Final

from pipedreamer.sandbox.lock.syscalls import numbers

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NUMBERS: Final = numbers()


def syscall(name: str, *arguments: Any) -> int:
    """The system call of this name. Raises OSError, ENOSYS too where the processor's table has no such call."""
    number = _NUMBERS.get(name, -1)
    result: int = _LIBC.syscall(ctypes.c_long(number), *(_word(argument) for argument in arguments))
    return _checked(result, name)


def prctl(option: int, value: int = 0, further: int = 0) -> int:
    words = (ctypes.c_ulong(word) for word in (value, further, 0, 0))
    result: int = _LIBC.prctl(option, *words)
    return _checked(result, f"prctl({option})")


def unshare(flags: int) -> None:
    _checked(_LIBC.unshare(flags), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    result = _LIBC.mount(_text(source), _text(target), _text(kind), ctypes.c_ulong(flags), _text(data))
    _checked(result, f"mount {target}")


def unmount(target: str, flags: int) -> None:
    _checked(_LIBC.umount2(_text(target), flags), f"unmount {target}")


def _text(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def _word(argument: Any) -> Any:
    return ctypes.c_ulong(argument) if isinstance(argument, int) else argument


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result
