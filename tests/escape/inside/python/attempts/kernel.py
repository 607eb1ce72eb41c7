"""Parts of the kernel that a node has no business with."""

import ctypes
import os
from typing import Any

from .perform import marked
from .raw import any_of, call, did

_NAMESPACES = {"mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000}
_NAMESPACES |= {"pid": 0x20000000, "net": 0x40000000, "time": 0x80}
_BUILT = "depends on what the kernel is built with"


def unshare(world: Any) -> str:
    return any_of(*(lambda flag=flag: did("unshare", flag) for flag in _NAMESPACES.values()))


def unshare_a_user(world: Any) -> str:
    return did("unshare", 0x10000000)


def enter_namespaces(world: Any) -> str:
    def enter(pid: int, name: str) -> str:
        return did("setns", os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), 0)

    def enter_all(pid: int) -> str:
        return did("setns", os.pidfd_open(pid), 0x20000)

    pairs = [(pid, name) for pid in world.everybody for name in _NAMESPACES]
    return any_of(
        *(lambda pid=pid, name=name: enter(pid, name) for pid, name in pairs),
        *(lambda pid=pid: enter_all(pid) for pid in world.everybody),
    )


def mount(world: Any) -> str:
    return any_of(
        lambda: did("mount", b"none", world.scratch.encode(), b"tmpfs", 0, None),
        lambda: did("mount", b"proc", world.scratch.encode(), b"proc", 0, None),
        lambda: did("mount", b"/", world.scratch.encode(), None, 4096, None),
    )


@marked(unproven="there need be no read-only mount where nothing is locked")
def mount_again_for_writing(world: Any) -> str:
    return any_of(*(lambda p=p: did("mount", None, p, None, 32 | 4096, None) for p in (b"/", world.root.encode())))


def mount_the_new_way(world: Any) -> str:
    return any_of(
        lambda: did("open_tree", -100, b"/", 1),
        lambda: did("fsopen", b"tmpfs", 0),
        lambda: did("fspick", -100, b"/", 0),
    )


@marked(unproven="where nothing is locked there is no mount to change")
def change_mounts(world: Any) -> str:
    attributes = (ctypes.c_uint64 * 4)(0, 1, 0, 0)
    return any_of(
        lambda: did("mount_setattr", -100, world.root.encode(), 0x8000, ctypes.byref(attributes), 32),
        lambda: did("move_mount", -100, world.root.encode(), -100, world.scratch.encode(), 0),
        lambda: did("umount2", world.root.encode(), 2),
        lambda: did("umount2", b"/tmp", 2),
    )


def change_the_root(world: Any) -> str:
    return did("chroot", world.scratch.encode())


@marked(unproven="needs a mount point in the right place")
def pivot_the_root(world: Any) -> str:
    return did("pivot_root", b"/tmp", b"/tmp")


def bpf(world: Any) -> str:
    attributes = (ctypes.c_uint32 * 32)(2, 4, 4, 1)
    return did("bpf", 0, ctypes.byref(attributes), 128)


@marked(unproven=_BUILT)
def keys(world: Any) -> str:
    return any_of(
        lambda: did("keyctl", 0, -3, 0),
        lambda: did("add_key", b"user", b"escape", b"x", 1, -2),
        lambda: did("request_key", b"user", b"escape", None, 0),
    )


@marked(unproven=_BUILT)
def io_uring(world: Any) -> str:
    return did("io_uring_setup", 4, ctypes.create_string_buffer(120))


@marked(unproven=_BUILT)
def perf(world: Any) -> str:
    attributes = ctypes.create_string_buffer((1).to_bytes(4, "little") + (112).to_bytes(4, "little") + bytes(104))
    return any_of(*(lambda pid=pid: did("perf_event_open", attributes, pid, -1, -1, 0) for pid in (0, world.victim)))


@marked(unproven=_BUILT)
def handle_page_faults(world: Any) -> str:
    return any_of(lambda: did("userfaultfd", 1), lambda: did("userfaultfd", 0))


def change_the_personality(world: Any) -> str:
    """No random addresses, and readable means executable."""
    return did("personality", 0x0040000 | 0x0400000)


@marked(unproven=_BUILT)
def touch_the_processor(world: Any) -> str:
    return any_of(lambda: did("modify_ldt", 1, (ctypes.c_uint32 * 4)(0, 0, 0, 0x20), 16), lambda: did("iopl", 3))


@marked(unproven="is not tried for real where nothing is locked")
def change_the_machine(world: Any) -> str:
    if not world.locked:
        return ""
    return any_of(
        lambda: did("sethostname", b"escaped", 7),
        lambda: did("setdomainname", b"escaped", 7),
        lambda: did("init_module", None, 0, b""),
        lambda: did("kexec_load", 0, 0, None, 0),
        lambda: did("swapon", b"/nowhere", 0),
        lambda: did("reboot", 0xFEE1DEAD - (1 << 32), 672274793, 0x89ABCDEF - (1 << 32), None),
        lambda: did("acct", None),
        lambda: did("quotactl", 0x80000100, None, 0, None),
    )


def read_the_kernels_log(world: Any) -> str:
    return any_of(lambda: did("syslog", 10, None, 0), lambda: did("syslog", 3, ctypes.create_string_buffer(100), 100))


def share_memory(world: Any) -> str:
    return did("shmget", 0x1234, 4096, 0o1666)


def share_semaphores(world: Any) -> str:
    return did("semget", 0x1234, 1, 0o1666)


def share_messages(world: Any) -> str:
    return any_of(lambda: did("msgget", 0x1234, 0o1666), lambda: did("mq_open", b"escape", 0o102, 0o666, None))


def share_memory_by_name(world: Any) -> str:
    def make(folder: str) -> str:
        return f"made {os.open(folder + '/escape-shm', os.O_CREAT | os.O_RDWR)}"

    return any_of(lambda: make("/dev/shm"), lambda: make("/dev/mqueue"))


def type_into_the_terminal(world: Any) -> str:
    """Only the number of the request matters: EPERM or ENOTTY would be the terminal's own answer."""
    import fcntl
    import pty

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, 0x5412, b"x")
    return f"typed into {leader}"


def wake_by_a_timer_of_others(world: Any) -> str:
    event = (ctypes.c_int32 * 16)(0, 0, 9, 0, os.getpid())
    return did("timer_create", 0, ctypes.byref(event), ctypes.byref(ctypes.c_int(0)))


def see_the_clock_of_the_kernel(world: Any) -> str:
    return f"adjtimex {call('clock_adjtime', 0, ctypes.create_string_buffer(400))}"
