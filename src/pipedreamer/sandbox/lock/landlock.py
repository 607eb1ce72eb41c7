"""Landlock: the kernel refuses every path that was not granted (Linux' userspace-api/landlock)."""

import ctypes
import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pipedreamer.sandbox.lock.kernel import syscall

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

EXECUTE: Final = _EXECUTE | _READ_FILE
READ: Final = _READ_FILE | _READ_DIR
LIST: Final = _READ_DIR
CHANGE: Final = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER | _TRUNCATE
"""No devices, pipes or sockets can be made, nothing can be executed."""

_FILE_RIGHTS: Final = (13, 14, 15, 15, 16, 16)
"""How many of the file rights each version handles, from the first one on; later versions: as the last."""
_BIND_CONNECT: Final = 0b11
_ABSTRACT_SOCKETS_SIGNALS: Final = 0b11
_VERSION: Final = 1
_PATH_BENEATH: Final = 1


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@dataclass(frozen=True, slots=True)
class Grant:
    """A path, and the rights on it and on all below it."""

    path: str
    rights: int


def version() -> int:
    """The version of the interface, 0 where the kernel has none or it is switched off."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _VERSION)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def ruleset(grants: Iterable[Grant], abi: int) -> int:
    """A descriptor of the rules; what is not granted is refused, every port and every foreign signal too."""
    handled = (1 << _FILE_RIGHTS[min(abi, len(_FILE_RIGHTS)) - 1]) - 1
    attributes = _Ruleset(handled, _BIND_CONNECT if abi >= 4 else 0, _ABSTRACT_SOCKETS_SIGNALS if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    rules = syscall("landlock_create_ruleset", ctypes.byref(attributes), size, 0)
    for grant in grants:
        with suppress(FileNotFoundError):
            _allow(rules, grant, handled)
    return rules


def restrict(rules: int) -> None:
    """Bind this thread, and what it starts, to the rules for ever; `no_new_privs` must be set."""
    syscall("landlock_restrict_self", rules, 0)


def _allow(rules: int, grant: Grant, handled: int) -> None:
    descriptor = os.open(grant.path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rights = grant.rights & handled
        rule = _PathBeneath(rights if is_folder else rights & _OF_FILES, descriptor)
        syscall("landlock_add_rule", rules, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)
