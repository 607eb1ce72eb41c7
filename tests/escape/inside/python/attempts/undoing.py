"""Undoing the lock from within."""

import ctypes
import os
import resource
import struct
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import any_of, call, did

_ALLOW_ALL = struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000)
_NOTIFY_ALL = struct.pack("=HBBI", 6, 0, 0, 0x7FC00000)


def _filter(steps: bytes) -> Any:
    room = ctypes.create_string_buffer(steps)
    program = ctypes.create_string_buffer(struct.pack("=HxxxxxxQ", len(steps) // 8, ctypes.addressof(room)))
    program.kept = room  # type: ignore[attr-defined]
    return program


def a_second_filter(world: Any) -> str:
    return any_of(lambda: did("seccomp", 1, 0, _filter(_ALLOW_ALL)), lambda: did("prctl", 22, 2, _filter(_ALLOW_ALL)))


@marked(unproven="would stop whoever tries it for good")
def a_listener_of_ones_own(world: Any) -> str:
    return did("seccomp", 1, 8, _filter(_NOTIFY_ALL)) if world.locked else ""


@marked(unproven="root without every capability may not either")
def raise_limits(world: Any) -> str:
    def raise_one(kind: int) -> str:
        soft, most = resource.getrlimit(kind)
        if most == resource.RLIM_INFINITY:
            return ""
        return did("prlimit64", 0, kind, ctypes.byref((ctypes.c_uint64 * 2)(max(soft, 0), most + 1)), None)

    return any_of(*(lambda kind=kind: raise_one(kind) for kind in range(16)))


def raise_the_limit_of_the_stack(world: Any) -> str:
    """Stacks count as no data: the one limit on them is their own."""
    return did("prlimit64", 0, resource.RLIMIT_STACK, ctypes.byref((ctypes.c_uint64 * 2)(1 << 30, 1 << 30)), None)


def raise_limits_the_old_way(world: Any) -> str:
    return did("setrlimit", resource.RLIMIT_NOFILE, ctypes.byref((ctypes.c_uint64 * 2)(4096, 4096)))


@marked(unproven="every process may do so where nothing is locked, or has it already")
def be_readable_for_others(world: Any) -> str:
    return any_of(lambda: did("prctl", 4, 1, 0, 0, 0), lambda: did("prctl", 0x59616D61, -1, 0, 0, 0))


@marked(unproven="a process may keep what it has")
def outlive_the_engine(world: Any) -> str:
    return did("prctl", 1, 0, 0, 0, 0)


def adopt_orphans(world: Any) -> str:
    return did("prctl", 36, 1, 0, 0, 0)


def keep_capabilities(world: Any) -> str:
    return any_of(lambda: did("prctl", 8, 1, 0, 0, 0), lambda: did("prctl", 28, 0x10, 0, 0, 0))


@marked(unproven="ambient capabilities need them to be inheritable")
def raise_capabilities(world: Any) -> str:
    return any_of(*(lambda cap=cap: did("prctl", 47, 2, cap, 0, 0) for cap in range(40)))


@marked(unproven="needs capabilities that not every root has")
def move_the_memorys_bounds(world: Any) -> str:
    return any_of(*(lambda what=what: did("prctl", 35, what, id(world), 0, 0) for what in (8, 9, 6)))


def set_capabilities(world: Any) -> str:
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(0xFFFFFFFF, 0xFFFFFFFF, 0, 0x1FF, 0x1FF)
    return any_of(
        lambda: did("capset", ctypes.byref(header), ctypes.byref(sets)),
        lambda: did("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())),
    )


def become_root(world: Any) -> str:
    calls = (("setuid", 0), ("setresuid", 0, 0, 0), ("setgid", 0), ("setgroups", 0, None))
    return any_of(*(lambda words=words: did(*words) for words in calls))


def become_somebody_else_for_files(world: Any) -> str:
    """These never fail; whether they did anything a second call tells."""
    for name in ("setfsuid", "setfsgid"):
        before = call(name, -1)
        call(name, 12345)
        if call(name, -1) != before:
            return f"{name}: was {before}"
    return ""


@marked(unproven="the file is there only where a core was written")
def leave_a_core(world: Any) -> str:
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    return "" if most in (0, 1) else f"a core of {most} bytes may be written"


@marked(unproven="there is no lock to see")
def see_that_nothing_else_is_there(world: Any) -> str:
    """In a jail: no name at the root that was not granted."""
    known = set(world.visible)
    return " ".join(sorted(set(os.listdir("/")) - known)) if world.locked else ""


@marked(unproven="as above")
def leave_by_the_old_root(world: Any) -> str:
    return any_of(
        *(lambda name=name: " ".join(os.listdir(name)) for name in ("/.outside", "/../.outside", "/tmp/.outside"))
    )


def read_the_memory_map(world: Any) -> str:
    return any_of(*(lambda name=name: Path(f"/proc/self/{name}").read_text() for name in ("maps", "mountinfo", "stat")))
