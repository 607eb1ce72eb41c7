"""System calls by number, machine code and the like: the kernel's own answer, past Python's checks."""

import ctypes
import mmap
import os
import platform
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)

_TABLE = """
acct 163 89, add_key 248 217, bpf 321 280, chroot 161 51, clock_adjtime 305 266, clone 56 220, clone3 435 435,
connect 42 203, execve 59 221, execveat 322 281, fanotify_init 300 262, fchmodat2 452 452, fork 57 -, fsopen 430 430,
fspick 433 433, getxattr 191 8, init_module 175 105, inotify_init1 294 26, io_uring_setup 425 425, ioprio_set 251 30,
iopl 172 -, kcmp 312 272, kexec_load 246 104, keyctl 250 219, kill 62 129, lgetxattr 192 9, linkat 265 37,
memfd_create 319 279, memfd_secret 447 447, modify_ldt 154 -, mount 165 40, mount_setattr 442 442, move_mount 429 429,
mq_open 240 180, msgget 68 186, name_to_handle_at 303 264, open_by_handle_at 304 265, open_tree 428 428,
openat 257 56, openat2 437 437, perf_event_open 298 241, personality 135 92, pidfd_getfd 438 438, pidfd_open 434 434,
pidfd_send_signal 424 424, pivot_root 155 41, prctl 157 167, prlimit64 302 261, process_madvise 440 440,
process_vm_readv 310 270, process_vm_writev 311 271, ptrace 101 117, quotactl 179 60, reboot 169 142,
request_key 249 218, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, sched_setaffinity 203 122,
sched_setscheduler 144 119, seccomp 317 277, semget 64 190, sendmmsg 307 269, setdomainname 171 162, setfsgid 123 152,
setfsuid 122 151, setgid 106 144, setgroups 116 159, sethostname 170 161, setns 308 268, setpriority 141 140,
setresuid 117 147, setrlimit 160 164, setuid 105 146, setxattr 188 5, shmget 29 194, socket 41 198, swapon 167 224,
syslog 103 116, tgkill 234 131, timer_create 222 107, tkill 200 130, umount2 166 39, unshare 272 97,
userfaultfd 323 282, vfork 58 -, capset 126 91, mknodat 259 33
"""
_COLUMN = {"x86_64": 1, "aarch64": 2}[platform.machine()]
NUMBERS = {row[0]: int(row[_COLUMN]) for row in map(str.split, _TABLE.split(",")) if row[_COLUMN] != "-"}


def call(name: str, *arguments: Any) -> int:
    """The system call's result. Raises OSError."""
    words = (ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments)
    ctypes.set_errno(0)
    result: int = LIBC.syscall(ctypes.c_long(NUMBERS[name]), *words)
    # Success that the kernel did not really give is told by errno alone.
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def did(name: str, *arguments: Any) -> str:
    """That the system call succeeded, in words. Raises OSError."""
    return f"{name} gave {call(name, *arguments)}"


def any_of(*deeds: Any) -> str:
    """What the deeds that succeed say; raises the last OSError when none does."""
    said, trouble = [], None
    for deed in deeds:
        try:
            said.append(str(deed() or ""))
        except OSError as error:
            trouble = error
    if trouble and not any(said):
        raise trouble
    return " ".join(filter(None, said))


def machine_code(code: bytes) -> int:
    """What these instructions leave in the register for results."""
    room = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    room.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(room)))
    result: int = function()
    return result


class Vector(ctypes.Structure):
    """`struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))
