"""Becoming more than one process, or another one."""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import LIBC, any_of, call, did, machine_code

_THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000  # VM FS FILES SIGHAND THREAD
_NEW_USER, _NEW_PIDS, _NEW_NET, _NEW_MOUNTS = 0x10000000, 0x20000000, 0x40000000, 0x20000


def _loader() -> str:
    """A program that every worker can see: the one that loads programs."""
    return next(path for path in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1") if os.path.exists(path))


def _child(pid: int) -> str:
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return f"child {pid}"


def fork(world: Any) -> str:
    return _child(os.fork())


def fork_raw(world: Any) -> str:
    return _child(call("fork"))


def fork_by_clone(world: Any) -> str:
    return _child(call("clone", int(signal.SIGCHLD), 0, 0, 0, 0))


def fork_by_clone3(world: Any) -> str:
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, int(signal.SIGCHLD), 0, 0, 0)
    return _child(call("clone3", ctypes.byref(arguments), 64))


def fork_like_vfork(world: Any) -> str:
    """vfork; in the child exit(0). The idle steps keep gVisor from rewriting the calls."""
    result = machine_code(bytes.fromhex("b83a000000 90 0f05 85c0 750a 31ff b83c000000 90 0f05 c3"))
    if result < 0:
        raise OSError(-result, "vfork")
    os.waitpid(result, 0)
    return f"child {result}"


def fork_into_a_new_user(world: Any) -> str:
    return _child(call("clone", _NEW_USER | _NEW_PIDS | int(signal.SIGCHLD), 0, 0, 0, 0))


@marked(unproven="no kernel makes a thread in a namespace of its own; gVisor is not taken at its word")
def thread_in_new_namespaces(world: Any) -> str:
    stack = ctypes.create_string_buffer(65536)
    top = (ctypes.addressof(stack) + 65000) & ~0xFF
    flags = ((_THREAD | _NEW_USER), (_THREAD | _NEW_NET), (_THREAD & ~0x200 | _NEW_MOUNTS))
    exits = ctypes.cast(LIBC.pthread_exit, ctypes.c_void_p).value
    ctypes.memmove(top, ctypes.addressof(ctypes.c_uint64(exits or 0)), 8)
    return any_of(*(lambda flag=flag: did("clone", flag, top, 0, 0, 0) for flag in flags))


def start_a_program(world: Any) -> str:
    return subprocess.run([_loader(), "--version"], capture_output=True, text=True, check=True).stdout


def start_by_spawn(world: Any) -> str:
    return _child(os.posix_spawn(_loader(), [_loader(), "--version"], {}))


def start_by_system(world: Any) -> str:
    if os.system(f"{_loader()} --version >/dev/null") != 0:
        raise OSError("it did not start")
    return "started"


@marked(leaves="execve")
def become_a_program(world: Any) -> str:
    os.execv(_loader(), ["ld.so", "--version"])


@marked(leaves="execve")
def become_this_python_again(world: Any) -> str:
    os.execv(os.path.realpath(sys.executable), ["python", "-I", "-S", "-c", "pass"])


@marked(leaves="execveat")
def become_a_program_of_memory(world: Any) -> str:
    held = call("memfd_create", b"program", 0)
    os.write(held, Path(_loader()).read_bytes())
    arguments = (ctypes.c_char_p * 3)(b"ld.so", b"--version", None)
    return did("execveat", held, b"", arguments, None, 0x1000)


@marked(leaves="execveat")
def become_a_program_by_descriptor(world: Any) -> str:
    held = os.open(_loader(), os.O_RDONLY)
    arguments = (ctypes.c_char_p * 3)(b"ld.so", b"--version", None)
    return did("execveat", held, b"", arguments, None, 0x1000)


@marked(leaves="execve")
def become_a_program_of_ones_own(world: Any) -> str:
    path = Path(world.scratch, "program")
    path.write_bytes(Path(_loader()).read_bytes())
    path.chmod(0o755)
    os.execv(path, ["ld.so", "--version"])


def memory_of_a_file(world: Any) -> str:
    return any_of(lambda: did("memfd_create", b"x", 0), lambda: did("memfd_secret", 0))


def old_calls_by_interrupt(world: Any) -> str:
    """getpid of the 32-bit table, by int 0x80."""
    result = machine_code(bytes.fromhex("b814000000 cd80 c3"))
    if result != os.getpid():
        raise OSError(f"int 0x80 gave {result}")
    return "int 0x80"


def old_open_by_interrupt(world: Any) -> str:
    """mkdir of the 32-bit table, with a path in low memory."""
    LIBC.mmap.restype = ctypes.c_void_p
    low = LIBC.mmap(None, 4096, 3, 0x62, -1, ctypes.c_long(0))
    path = (world.outside + "/by-interrupt").encode() + b"\0"
    ctypes.memmove(low, path, len(path))
    # push rbx; mov ebx, path; mov ecx, 0777; mov eax, 39; int 0x80; pop rbx; ret
    code = b"\x53\xbb" + low.to_bytes(4, "little") + bytes.fromhex("b9ff010000 b827000000 cd80 5b c3")
    result = machine_code(code)
    if ctypes.c_int(result).value < 0:
        raise OSError(-ctypes.c_int(result).value, "mkdir")
    return "made a folder"


@marked(unproven="most kernels are built without x32")
def calls_of_x32(world: Any) -> str:
    result: int = LIBC.syscall(ctypes.c_long(0x40000000 | 39))
    if result < 0:
        raise OSError(ctypes.get_errno(), "x32")
    return f"x32 gave {result}"
