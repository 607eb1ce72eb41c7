"""Which system calls a worker may make, and loading that into the kernel.

What is not listed fails with EPERM. The list is what Python, numpy, polars, pydantic, sqlite3, ssl and threads need.
"""

import ctypes
import errno
import platform
import socket
from dataclasses import dataclass
from functools import cache
from typing import Final

from pipedreamer.sandbox.lock.filter import ALLOW, NOTIFY, Has, Rule, program, refuse
from pipedreamer.sandbox.lock.kernel import syscall
from pipedreamer.sandbox.lock.syscalls import numbers

_ALWAYS: Final = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close close_range
stat fstat lstat newfstatat statx lseek access faccessat faccessat2 statfs fstatfs
mprotect munmap mremap madvise brk msync mincore mlock munlock
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
pipe pipe2 select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
sched_yield sched_getaffinity sched_getscheduler sched_getparam sched_get_priority_max sched_get_priority_min
getpid getppid gettid getuid geteuid getgid getegid getgroups getpgrp getpgid getsid getresuid getresgid
dup dup2 dup3 nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time alarm setitimer getitimer
recvfrom recvmsg shutdown getsockopt getsockname getpeername
flock fsync fdatasync sync_file_range ftruncate fallocate fadvise64 getdents getdents64 getcwd chdir fchdir
rename renameat renameat2 mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat readlink readlinkat
umask getrlimit getrusage sysinfo times uname futex futex_waitv set_robust_list get_robust_list rseq arch_prctl
exit exit_group set_tid_address restart_syscall eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime
signalfd4 getrandom membarrier copy_file_range sendfile splice tee getcpu getpriority get_mempolicy wait4 waitid
fgetxattr flistxattr
""".split()  # noqa: SIM905 - a table

_ATTRIBUTES: Final = ("getxattr", "lgetxattr", "listxattr", "llistxattr")
"""Reading a file's attributes by its path, which may hold anything."""

_NOT_THERE: Final = """
clone3 openat2 io_uring_setup io_uring_enter io_uring_register memfd_create memfd_secret userfaultfd process_madvise
""".split()  # noqa: SIM905
"""Said to be missing from the kernel, so that libraries take the older way."""

_MODES: Final = (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("fchmodat2", 2))
"""Calls that change a file's mode, and which argument that is."""
_TIMES: Final = ["utime", "utimes", "futimesat", "utimensat"]
_OPENS: Final = (("open", 1), ("openat", 2))
"""Calls that may create a file, and which argument the flags are; the mode is the one behind."""
_CREATES: Final = 0o100 | 0o20000000  # O_CREAT, __O_TMPFILE
_ANOTHERS_RIGHTS: Final = 0o6000
"""The bits that make whoever starts a file act as its owner: outside, it could be started."""

_ON_ONESELF: Final = ["kill", "tgkill", "prlimit64"]
_FCNTL: Final = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Copies, flags, locks and a pipe's size; no owners of signals, no leases."""
_IOCTL: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX
_PRCTL: Final = (3, 15, 16, 0x53564D41)  # GET_DUMPABLE SET_NAME GET_NAME SET_VMA
_CLONE_THREAD: Final = 0x10000
_CLONE_NEW: Final = 0x7E020000
"""Namespaces: no kernel should make a thread in one of its own, and none is asked to."""
_MAP_TYPE, _MAP_PRIVATE, _MAP_ANONYMOUS, _MAP_GROWS_DOWN = 0x0F, 0x02, 0x20, 0x100
_MSG_FASTOPEN: Final = 0x20000000
_SOCKET_TYPE: Final = 0xF
_OPTION_LEVELS: Final = (socket.IPPROTO_IP, socket.SOL_SOCKET, socket.IPPROTO_TCP, socket.IPPROTO_IPV6)

_SET_FILTER: Final = 1
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5


def known() -> bool:
    """Whether there is a list of calls for this processor."""
    return bool(numbers())


@dataclass(frozen=True, slots=True)
class Kind:
    """Which filter: `tcp` lets sockets be opened, with `notify` each connect waits for the listener's answer (else it
    is refused), `keeps_modes` says that a mount namespace keeps modes, times and attributes, `executes` that the
    process becomes another program; which, Landlock and the jail decide.
    """

    tcp: bool = False
    notify: bool = False
    keeps_modes: bool = False
    executes: bool = False


def load(pid: int, kind: Kind) -> int:
    """Bind this thread for ever; a descriptor of the listener where the kind has one, else 0. Raises OSError.

    `no_new_privs` must be set.
    """
    _set_filter(_for_oneself(pid), 0)
    if not kind.notify:
        return _set_filter(program_of(kind), 0)
    try:
        return _set_filter(program_of(kind), _NEW_LISTENER | _WAIT_KILLABLE)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return _set_filter(program_of(kind), _NEW_LISTENER)  # before Linux 5.19


@cache
def program_of(kind: Kind) -> bytes:
    """The filter for every worker of this kind; built once, ahead, in the process that forks them."""
    calls = numbers()
    rules = [Rule(calls[name], ALLOW) for name in (*_ALWAYS, *_ON_ONESELF) if name in calls]
    rules += [Rule(calls[name], refuse(errno.ENOSYS)) for name in _NOT_THERE if name in calls]
    rules += _of_files(calls, kind.keeps_modes)
    rules += [Rule(calls[name], refuse(errno.ENOTSUP)) for name in ("setxattr", "lsetxattr", "fsetxattr")]
    rules += _with_conditions(calls)
    if kind.tcp:
        rules += _of_sockets(calls, kind.notify)
    if kind.executes:
        rules.append(Rule(calls["execve"], ALLOW))
    return program(rules, platform.machine(), refuse(errno.EPERM))


def _of_files(calls: dict[str, int], keeps_modes: bool) -> list[Rule]:
    """Landlock does not hold modes, times and attributes, only a jail does; gVisor's does not, and not lengths either.

    Without one a change of mode does nothing, so that copying and unpacking work; of times it fails, and attributes
    there are none, which they allow.
    """
    harmless = ALLOW if keeps_modes else refuse(0)
    rules = [
        Rule(calls[name], ALLOW, ((Has(flags, 0, _CREATES),), (Has(flags + 1, 0, _ANOTHERS_RIGHTS),)))
        for name, flags in _OPENS
        if name in calls
    ]
    rules += [Rule(calls[name], harmless, ((Has(at, 0, _ANOTHERS_RIGHTS),),)) for name, at in _MODES if name in calls]
    # By path alone: a descriptor to cut by was opened for writing.
    rules.append(Rule(calls["truncate"], ALLOW if keeps_modes else refuse(errno.EPERM)))
    of_paths = ALLOW if keeps_modes else refuse(errno.ENOTSUP)
    rules += [Rule(calls[name], of_paths) for name in _ATTRIBUTES if name in calls]
    return [*rules, *(Rule(calls[name], ALLOW) for name in _TIMES if name in calls and keeps_modes)]


def _with_conditions(calls: dict[str, int]) -> list[Rule]:
    return [
        # Shared anonymous memory is counted by no limit, and what grows like a stack not by that on data.
        Rule(
            calls["mmap"],
            ALLOW,
            ((Has(3, 0, _MAP_ANONYMOUS),), (Has(3, _MAP_PRIVATE, _MAP_TYPE | _MAP_GROWS_DOWN),)),
        ),
        Rule(calls["clone"], ALLOW, ((Has(0, _CLONE_THREAD, _CLONE_THREAD | _CLONE_NEW),),)),
        Rule(calls["sched_setaffinity"], ALLOW, ((Has(0, 0),),)),
        Rule(calls["socketpair"], ALLOW, ((Has(0, socket.AF_UNIX), Has(1, socket.SOCK_STREAM, _SOCKET_TYPE)),)),
        # An address, or fast-open, would make a connection that `connect` does not see.
        Rule(calls["sendto"], ALLOW, ((Has(3, 0, _MSG_FASTOPEN), Has(4, 0, wide=True)),)),
        Rule(calls["sendmsg"], ALLOW, ((Has(2, 0, _MSG_FASTOPEN),),)),
        Rule(calls["fcntl"], ALLOW, tuple((Has(1, command),) for command in _FCNTL)),
        Rule(calls["ioctl"], ALLOW, tuple((Has(1, request),) for request in _IOCTL), refuse(errno.ENOTTY)),
        Rule(calls["prctl"], ALLOW, tuple((Has(0, option),) for option in _PRCTL)),
    ]


def _of_sockets(calls: dict[str, int], notify: bool) -> list[Rule]:
    kinds = tuple(
        (Has(0, family), Has(1, socket.SOCK_STREAM, _SOCKET_TYPE), Has(2, protocol))
        for family in (socket.AF_INET, socket.AF_INET6)
        for protocol in (0, socket.IPPROTO_TCP)
    )
    rules = [
        Rule(calls["socket"], ALLOW, kinds),
        Rule(calls["setsockopt"], ALLOW, tuple((Has(1, level),) for level in _OPTION_LEVELS)),
    ]
    return [*rules, Rule(calls["connect"], NOTIFY)] if notify else rules


def _for_oneself(pid: int) -> bytes:
    """Signals and limits reach nobody else."""
    calls = numbers()
    own = ((Has(0, pid),),)
    rules = [Rule(calls[name], ALLOW, own) for name in ("kill", "tgkill")]
    rules.append(Rule(calls["prlimit64"], ALLOW, (*own, (Has(0, 0),))))
    return program(rules, platform.machine(), ALLOW)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _set_filter(steps: bytes, flags: int) -> int:
    return syscall("seccomp", _SET_FILTER, flags, ctypes.byref(_Program(len(steps) // 8, steps)))
