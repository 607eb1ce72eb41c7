"""Taking more than a node may: memory, disk, threads, descriptors, time.

Where the engine looks after a limit instead of the kernel it needs a moment, so an attempt counts as one that got out
only if it still stands some seconds after it took too much.
"""

import ctypes
import mmap
import os
import signal
import socket
import threading
import time
from itertools import repeat
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import LIBC

_STEP = 4 << 20
_MOMENT = 5


def _stood(world: Any, what: str) -> str:
    if world.locked:
        time.sleep(_MOMENT)
    return what


def _fill(world: Any, flags: int, *, twice: bool = False) -> str:
    """Map and touch memory until there is four times of what is allowed."""
    held = []
    for _ in range(4 * world.memory // _STEP):
        room = mmap.mmap(-1, _STEP, flags=flags)
        for at in range(0, _STEP, 4096):
            room[at] = 1
        held.append(room)
    return _stood(world, f"{len(held) * _STEP} bytes")


def heap(world: Any) -> str:
    held = [bytearray(b"x" * _STEP) for _ in range(4 * world.memory // _STEP)]
    return _stood(world, f"{len(held) * _STEP} bytes")


def private_mappings(world: Any) -> str:
    return _fill(world, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def shared_mappings(world: Any) -> str:
    return _fill(world, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)


def mappings_that_grow_down(world: Any) -> str:
    """These count as stacks, which no limit on data sees."""
    return _fill(world, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)


def mappings_made_writable(world: Any) -> str:
    size = 4 * world.memory
    LIBC.mmap.restype = ctypes.c_void_p
    address = LIBC.mmap(None, ctypes.c_size_t(size), 0, 0x22, -1, ctypes.c_long(0))
    if address in (None, ctypes.c_void_p(-1).value):
        raise MemoryError
    if LIBC.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), 3):
        raise OSError(ctypes.get_errno(), "mprotect")
    ctypes.memset(address, 1, size)
    return _stood(world, f"{size} bytes")


def mappings_of_a_file(world: Any) -> str:
    """Shared memory by way of a file in the scratch folder."""
    held = []
    for number in range(4 * world.memory // _STEP):
        file = os.open(f"{world.scratch}/mapped-{number}", os.O_CREAT | os.O_RDWR)
        os.posix_fallocate(file, 0, _STEP)
        room = mmap.mmap(file, _STEP)
        for at in range(0, _STEP, 4096):
            room[at] = 1
        os.close(file)
        held.append(room)
    return _stood(world, f"{len(held) * _STEP} bytes")


@marked(unproven="the heap's end has something behind it in most processes")
def program_break(world: Any) -> str:
    LIBC.sbrk.restype = ctypes.c_void_p
    for _ in range(4 * world.memory // _STEP):
        address = LIBC.sbrk(ctypes.c_long(_STEP))
        if address == ctypes.c_void_p(-1).value:
            raise MemoryError
        ctypes.memset(address, 1, _STEP)
    return _stood(world, "a heap")


def disk(world: Any) -> str:
    written = 0
    for number in range(4):
        with open(f"{world.scratch}/disk-{number}", "wb") as file:
            for _ in range(world.scratch_size // _STEP):
                written += file.write(b"x" * _STEP)
    return _stood(world, f"{written} bytes")


def files_without_number(world: Any) -> str:
    for folder in range(20):
        Path(world.scratch, f"many-{folder}").mkdir()
        for number in range(1000):
            Path(world.scratch, f"many-{folder}", str(number)).touch()
    return _stood(world, "20,000 files")


def folders_without_end(world: Any) -> str:
    """Deeper than a path can say: who counts or removes them must not give up."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(world.scratch)
    try:
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
        written = 0
        with open("hidden", "wb") as file:
            for _ in range(2 * world.scratch_size // _STEP):
                written += file.write(b"x" * _STEP)
    finally:
        os.fchdir(here)
    return _stood(world, f"{written} bytes, 3,000 folders down")


def one_large_file(world: Any) -> str:
    with open(f"{world.scratch}/large", "wb") as file:
        written = 0
        while written < 2 * world.scratch_size:
            written += file.write(b"x" * _STEP)
    return _stood(world, f"{written} bytes")


def files_without_names(world: Any) -> str:
    """Removed while they are open: nobody sees them any more."""
    held = []
    for number in range(16):
        path = f"{world.scratch}/nameless-{number}"
        held.append(open(path, "wb"))
        os.unlink(path)
        for _ in range(world.scratch_size // 4 // _STEP):
            held[-1].write(b"x" * _STEP)
    return _stood(world, f"{len(held)} files")


@marked(unproven="there is nothing to look at where nothing is locked")
def disk_after_the_end(world: Any) -> None:
    """A thread that is left behind fills the disk when no run is under way; the world is looked at for it."""

    def fill() -> None:
        time.sleep(0.2)
        for number in range(8):
            Path(world.scratch, f"after-{number}").write_bytes(b"x" * (world.scratch_size // 4))

    threading.Thread(target=fill, daemon=True).start()


def threads(world: Any) -> str:
    stop = threading.Event()
    threading.stack_size(32768)
    try:
        for _ in range(1000):
            threading.Thread(target=stop.wait, daemon=True).start()
        return _stood(world, "1,000 threads")
    finally:
        stop.set()


def descriptors(world: Any) -> str:
    held = [os.dup(0) for _ in range(1000)]
    return f"{len(held)} descriptors"


def pipes_of_a_megabyte(world: Any) -> str:
    import fcntl

    held = [os.pipe() for _ in range(100)]
    return f"pipes of {sum(fcntl.fcntl(write, 1031, 1 << 20) for _, write in held)} bytes"


def descriptors_in_flight(world: Any) -> str:
    """Sent and not received they are nobody's, and count for no process."""
    count = 0
    pairs = [socket.socketpair() for _ in range(20)]
    for one, _ in pairs:
        one.setblocking(False)
        for _ in range(10):
            socket.send_fds(one, [b"x"], [0] * 200)
            count += 200
    return f"{count} descriptors" if count > 1000 else ""


@marked(node="slow", unproven="would not end")
def a_loop_that_swallows_everything(world: Any) -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:  # noqa: BLE001, S110
            pass


@marked(node="slow", unproven="would not end")
def a_loop_deaf_to_signals(world: Any) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    while True:
        pass


@marked(node="slow", unproven="would not end")
def a_long_call_in_c(world: Any) -> None:
    sum(repeat(1, 10**13))


@marked(node="slow", unproven="would not end")
def a_process_that_stops_itself(world: Any) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


@marked(node="slow", unproven="would not end")
def a_process_that_kills_itself(world: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@marked(node="slow", unproven="would not end")
def a_segmentation_fault(world: Any) -> None:
    ctypes.string_at(0)
