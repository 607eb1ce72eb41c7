"""Limits of one process, its user and its capabilities."""

import ctypes
import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipedreamer.sandbox.lock.kernel import prctl, syscall

OPEN_FILES: Final = 256
THREADS: Final = 256
FILE_SIZE: Final = 1 << 30
THREAD_STACK: Final = 1 << 20
"""Stacks count as memory from the start, whether used or not; the usual 8 MiB would make 32 threads 256 MiB."""
STACK: Final = 8 << 20
"""Of the first thread. What it takes there counts as no data."""
SPACE_BESIDE: Final = 8 << 30
"""Addresses beyond memory, for files that are mapped."""

_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_SETGID, _CAP_SETUID, _CAP_SETPCAP = 1, 2, 6, 7, 8
_CAP_AMBIENT, _AMBIENT_RAISE = 47, 2
_SET_KEEPCAPS, _CAPBSET_DROP, _NO_NEW_PRIVS, _SET_PDEATHSIG, _SET_DUMPABLE = 8, 24, 38, 1, 4


@dataclass(frozen=True, slots=True)
class Footing:
    """What a process has before any node's code: bytes of data and of addresses, 0 where these are not held."""

    data: int
    space: int


def footing() -> Footing:
    """This process's, from /proc."""
    fields = Path("/proc/self/statm").read_text().split()
    page = resource.getpagesize()
    return Footing(int(fields[5]) * page, int(fields[0]) * page)


def bound(standing: Footing, memory: int, file_size: int, *, data_limit: bool, count_threads: bool) -> None:
    """Set the limits, as hard ones. Where the kernel does not enforce the limit on data, addresses are held close."""
    beside = SPACE_BESIDE if data_limit else 128 << 20
    limits = {
        resource.RLIMIT_CORE: 1,  # none; 0 would not keep a core from a program that collects them (core(5))
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_STACK: STACK,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_DATA: standing.data + memory,
        resource.RLIMIT_AS: standing.space + memory + beside if standing.space else resource.RLIM_INFINITY,
    }
    if count_threads:
        limits[resource.RLIMIT_NPROC] = THREADS
    for kind, limit in limits.items():
        _, most = resource.getrlimit(kind)
        limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
        try:
            resource.setrlimit(kind, (limit, limit))
        except ValueError:
            if kind not in _MINOR:
                raise


_MINOR: Final = (resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE, resource.RLIMIT_NPROC)
"""gVisor refuses limits that it does not know."""


def small_stacks() -> None:
    """Give threads made from now on, by whatever library, a stack of `THREAD_STACK`."""
    libc = ctypes.CDLL(None)
    attributes = ctypes.create_string_buffer(256)
    libc.pthread_attr_init(attributes)
    libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(THREAD_STACK))
    with suppress(AttributeError):  # a C library without it
        libc.pthread_setattr_default_np(attributes)
    libc.pthread_attr_destroy(attributes)


def become(uid: int | None, *, writes: bool, executes: bool = False) -> None:
    """Give up the user, for good, and every capability; of root's only reading what is closed to others stays.

    Which files that are is Landlock's or the jail's matter. With `writes` files are still root's own, so that a folder
    of root's that was granted can be written to, and what is made there belongs to root. A process that `executes`
    another program cannot keep that; it gets to write by a right, and what it makes is its own.
    """
    kept = 0
    if uid is not None:
        kept = 1 << _CAP_DAC_READ_SEARCH | (1 << _CAP_DAC_OVERRIDE if executes and writes else 0)
        prctl(_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        if executes:
            _take_along(kept)
        elif writes:
            _set_capabilities(1 << _CAP_SETGID | 1 << _CAP_SETUID | 1 << _CAP_DAC_READ_SEARCH | 1 << _CAP_SETPCAP)
            syscall("setfsgid", 0)
            syscall("setfsuid", 0)
        else:
            _set_capabilities(1 << _CAP_DAC_READ_SEARCH | 1 << _CAP_SETPCAP)
    with suppress(OSError):  # EINVAL at the first that this kernel has not got, EPERM where there are none to drop
        for capability in range(64):
            prctl(_CAPBSET_DROP, capability)
    _set_capabilities(kept, kept if executes else 0)
    prctl(_SET_PDEATHSIG, 9)
    prctl(_NO_NEW_PRIVS, 1)


def _take_along(kept: int) -> None:
    """Capabilities outlive an exec of what is not root's only as ambient ones (capabilities(7))."""
    _set_capabilities(kept | 1 << _CAP_SETPCAP, kept)
    for capability in range(64):
        if kept >> capability & 1:
            prctl(_CAP_AMBIENT, _AMBIENT_RAISE, capability)


def show_memory(to_engine: bool) -> None:
    """Whether a process of the same user, the engine, may look into this one's memory."""
    prctl(_SET_DUMPABLE, int(to_engine))


def _set_capabilities(kept: int, inherited: int = 0) -> None:
    """capset(2) in its third version: effective, permitted, inheritable, twice 32 bits."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)(kept, kept, inherited, 0, 0, 0)
    syscall("capset", ctypes.byref(header), ctypes.byref(sets))
