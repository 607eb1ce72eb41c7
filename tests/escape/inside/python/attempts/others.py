"""Reaching other processes: the engine, the parent, workers beside this one, and somebody else's of the same user."""

import ctypes
import fcntl
import os
import signal
import socket
import struct
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import LIBC, Vector, any_of, call, did


def _own_address() -> int:
    """Somewhere in the C library; processes that were forked from the same parent have it at the same place."""
    return ctypes.cast(LIBC.getpid, ctypes.c_void_p).value or 0


def _at(pid: int, world: Any) -> int:
    return int(world.address) if pid == world.victim else _own_address()


def own_environment(world: Any) -> bytes:
    LIBC.getenv.restype = ctypes.c_char_p
    return repr(dict(os.environ)).encode() + (LIBC.getenv(b"ESCAPE_SECRET") or b"")


def own_environment_of_proc(world: Any) -> str:
    return Path("/proc/self/environ").read_text()


def environment_of_others(world: Any) -> str:
    return any_of(*(lambda pid=pid: Path(f"/proc/{pid}/environ").read_text() for pid in world.everybody))


def command_line_of_others(world: Any) -> str:
    return any_of(*(lambda pid=pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in world.everybody))


def links_of_others(world: Any) -> str:
    names = ("cwd", "exe", "root", "fd/0", "ns/mnt")
    return any_of(*(lambda pid=pid, n=n: os.readlink(f"/proc/{pid}/{n}") for pid in world.everybody for n in names))


def find_others(world: Any) -> str:
    return " ".join(name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid())


def memory_by_proc(world: Any) -> str:
    def read(pid: int) -> str:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            return os.pread(memory.fileno(), 64, _at(pid, world)).decode("latin-1")

    return any_of(*(lambda pid=pid: read(pid) for pid in world.everybody))


def memory_by_vm_readv(world: Any) -> str:
    def read(pid: int) -> str:
        room = ctypes.create_string_buffer(64)
        ours, theirs = Vector(ctypes.addressof(room), 64), Vector(_at(pid, world), 64)
        call("process_vm_readv", pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
        return room.raw.decode("latin-1")

    return any_of(*(lambda pid=pid: read(pid) for pid in world.everybody))


def memory_of_the_victim_changed(world: Any) -> None:
    room = ctypes.create_string_buffer(b"changed")
    ours, theirs = Vector(ctypes.addressof(room), 7), Vector(world.address, 7)

    def by_proc() -> None:
        with open(f"/proc/{world.victim}/mem", "r+b", buffering=0) as memory:
            os.pwrite(memory.fileno(), b"changed", world.address)

    any_of(by_proc, lambda: did("process_vm_writev", world.victim, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0))


def trace_others(world: Any) -> str:
    def attach(pid: int, request: int) -> str:
        return did("ptrace", request, pid, 0, 0)

    return any_of(*(lambda pid=pid, how=how: attach(pid, how) for pid in world.others for how in (0x4206, 16)))


def be_traced(world: Any) -> str:
    return did("ptrace", 0, 0, 0, 0)


def take_a_descriptor(world: Any) -> str:
    def take(pid: int) -> str:
        return any_of(*(lambda n=n: did("pidfd_getfd", os.pidfd_open(pid), n, 0) for n in range(8)))

    return any_of(*(lambda pid=pid: take(pid) for pid in world.others))


def hold_others(world: Any) -> str:
    return any_of(*(lambda pid=pid: did("pidfd_open", pid, 0) for pid in world.others))


def compare_kernel_objects(world: Any) -> str:
    return any_of(*(lambda pid=pid: did("kcmp", os.getpid(), pid, 0, 0, 0) for pid in world.others))


def memory_advice_for_others(world: Any) -> str:
    vector = Vector(world.address & ~0xFFF, 4096)
    return did("process_madvise", os.pidfd_open(world.victim), ctypes.byref(vector), 1, 20, 0)


def kill_the_victim(world: Any) -> str:
    return did("kill", world.victim, 9)


def kill_its_group(world: Any) -> str:
    return did("kill", -world.victim, 9)


def kill_its_thread(world: Any) -> str:
    return any_of(lambda: did("tkill", world.victim, 9), lambda: did("tgkill", world.victim, world.victim, 9))


def kill_by_queue(world: Any) -> str:
    info = ctypes.create_string_buffer(struct.pack("=iii", 9, 0, -1) + bytes(116))
    return any_of(
        lambda: did("rt_sigqueueinfo", world.victim, 9, info),
        lambda: did("rt_tgsigqueueinfo", world.victim, world.victim, 9, info),
    )


def kill_by_descriptor(world: Any) -> str:
    held = os.pidfd_open(world.victim)
    return did("pidfd_send_signal", held, 9, None, 0)


def kill_by_the_owner_of_a_socket(world: Any) -> None:
    """A signal that the kernel sends on somebody's behalf."""
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETOWN, world.victim)
    fcntl.fcntl(ours, 10, int(signal.SIGKILL))
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    theirs.send(b"now")


def kill_by_the_owner_of_a_device(world: Any) -> None:
    ours, theirs = socket.socketpair()
    fcntl.ioctl(ours, 0x8901, struct.pack("=i", world.victim))
    fcntl.fcntl(ours, 10, int(signal.SIGKILL))
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    theirs.send(b"now")


@marked(unproven="that the parent can be stopped where nothing is locked need not be tried")
def stop_the_parent(world: Any) -> str:
    return any_of(lambda: did("kill", os.getppid(), int(signal.SIGSTOP)), lambda: did("kill", os.getppid(), 0))


@marked(unproven="as for the parent")
def end_workers_beside_this_one(world: Any) -> str:
    return any_of(*(lambda pid=pid: did("kill", pid, 9) for pid in world.others if pid != os.getpid()))


@marked(unproven="needs a capability that not every root has")
def limit_the_victim(world: Any) -> None:
    did("prlimit64", world.victim, 7, ctypes.byref((ctypes.c_uint64 * 2)(3, 3)), None)


@marked(unproven="as above")
def see_its_limits(world: Any) -> str:
    return did("prlimit64", world.victim, 7, None, ctypes.byref((ctypes.c_uint64 * 2)()))


def slow_the_victim(world: Any) -> str:
    return did("setpriority", 0, world.victim, 19)


def pin_the_victim(world: Any) -> str:
    return did("sched_setaffinity", world.victim, 8, ctypes.byref(ctypes.c_uint64(1)))


def schedule_the_victim(world: Any) -> str:
    return did("sched_setscheduler", world.victim, 5, ctypes.byref(ctypes.c_int(0)))


def delay_its_disk(world: Any) -> str:
    return did("ioprio_set", 1, world.victim, 3 << 13)
