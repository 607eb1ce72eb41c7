"""Reading what was not granted."""

import array
import ctypes
import fcntl
import os
import socket
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import LIBC, any_of, call, did


def read_shadow(world: Any) -> str:
    return Path("/etc/shadow").read_text()


def read_directly(world: Any) -> bytes:
    return Path(world.secret).read_bytes()


def read_by_link(world: Any) -> bytes:
    link = Path(world.scratch, "a-link")
    link.unlink(missing_ok=True)
    link.symlink_to(world.secret)
    return link.read_bytes()


def read_by_dots(world: Any) -> bytes:
    return Path(world.root + "/nodes/../.." + "/.." * 20 + world.secret).read_bytes()


def read_by_proc_self_root(world: Any) -> bytes:
    return Path("/proc/self/root" + world.secret).read_bytes()


def read_by_proc_of_others(world: Any) -> bytes:
    return any_of(
        *(lambda pid=pid: Path(f"/proc/{pid}/root{world.secret}").read_text() for pid in world.everybody)
    ).encode()


def read_by_thread_of_proc(world: Any) -> bytes:
    return Path(f"/proc/thread-self/root{world.secret}").read_bytes()


def read_by_raw_open(world: Any) -> bytes:
    return os.read(call("openat", -100, world.secret.encode(), 0, 0), 1000)


def read_by_openat2(world: Any) -> bytes:
    how = (ctypes.c_uint64 * 3)(0, 0, 0)
    return os.read(call("openat2", -100, world.secret.encode(), ctypes.byref(how), 24), 1000)


def read_by_a_path_descriptor(world: Any) -> bytes:
    """A descriptor made with O_PATH is not restricted by Landlock: is it good for anything?"""
    held = os.open(world.secret, os.O_PATH)
    return any_of(
        lambda: Path(f"/proc/self/fd/{held}").read_text(),
        lambda: Path(f"/dev/fd/{held}").read_text(),
        lambda: os.read(held, 1000).decode(),
    ).encode()


def read_below_a_path_descriptor(world: Any) -> bytes:
    held = os.open(os.path.dirname(world.secret), os.O_PATH | os.O_DIRECTORY)
    return os.read(os.open(os.path.basename(world.secret), os.O_RDONLY, dir_fd=held), 1000)


def read_after_chdir(world: Any) -> bytes:
    here = os.open(".", os.O_PATH)
    os.chdir(os.path.dirname(world.secret))
    try:
        return Path(os.path.basename(world.secret)).read_bytes()
    finally:
        os.fchdir(here)


def read_by_hard_link(world: Any) -> bytes:
    link = Path(world.scratch, "hard")
    os.link(world.secret, link)
    return link.read_bytes()


def read_by_link_of_a_path_descriptor(world: Any) -> bytes:
    """What CAP_DAC_READ_SEARCH allows: a name for whatever a descriptor means."""
    held = os.open(world.secret, os.O_PATH)
    name = world.scratch + "/named"
    call("linkat", held, b"", -100, name.encode(), 0x1000)
    return Path(name).read_bytes()


def read_by_rename(world: Any) -> bytes:
    taken = Path(world.scratch, "taken")
    Path(world.secret).rename(taken)
    return taken.read_bytes()


@marked(unproven="the test's folder may lie on a file system without handles")
def read_by_handle(world: Any) -> bytes:
    """What CAP_DAC_READ_SEARCH allows too: opening by number, past all folders."""
    if not world.handle:
        raise OSError("this file system has no handles")
    handle = ctypes.create_string_buffer(bytes.fromhex(world.handle))
    mount = os.open(world.root, os.O_RDONLY | os.O_DIRECTORY)
    return os.read(call("open_by_handle_at", mount, handle, 0), 1000)


def read_by_mapping(world: Any) -> bytes:
    held = os.open(world.secret, os.O_RDONLY)
    LIBC.mmap.restype = ctypes.c_void_p
    address = LIBC.mmap(None, 4096, 1, 1, held, ctypes.c_long(0))
    return ctypes.string_at(address, 100)


def read_an_attribute(world: Any) -> bytes:
    return os.getxattr(world.secret, "user.secret")


def read_an_attribute_of_a_path_descriptor(world: Any) -> bytes:
    return any_of(
        lambda: os.getxattr(f"/proc/self/fd/{os.open(world.secret, os.O_PATH)}", "user.secret").decode(),
        lambda: os.getxattr(world.secret, "user.secret", follow_symlinks=False).decode(),
    ).encode()


def list_outside(world: Any) -> str:
    return " ".join(os.listdir(world.outside))


def list_outside_raw(world: Any) -> str:
    held = os.open(world.outside, os.O_RDONLY | os.O_DIRECTORY)
    return " ".join(os.listdir(held))


def list_the_folder_above(world: Any) -> str:
    return " ".join(sorted(set(os.listdir(os.path.dirname(world.root))) - {"flow"}))


def list_system_folders(world: Any) -> str:
    return any_of(
        *(
            lambda path=path: " ".join(os.listdir(path))
            for path in ("/etc/cron.d", "/home", "/root", "/var/lib", "/boot", "/sys")
        )
    )


def see_proc(world: Any) -> str:
    return any_of(*(lambda path=path: Path(path).read_text() for path in ("/proc/version", "/proc/self/status")))


def see_sys(world: Any) -> str:
    return any_of(
        *(lambda path=path: " ".join(os.listdir(path)) for path in ("/sys/kernel", "/sys/class", "/proc/self"))
    )


def open_devices(world: Any) -> str:
    names = (
        "mem",
        "kmsg",
        "vda",
        "sda",
        "fuse",
        "kvm",
        "tty",
        "ptmx",
        "loop-control",
        "shm",
        "net/tun",
        "zero",
        "full",
    )
    return any_of(*(lambda name=name: os.open(f"/dev/{name}", os.O_RDONLY) and name for name in names))


@marked(unproven="only a process made by the engine could hold the engine's descriptors")
def descriptors_left_open(world: Any) -> str:
    """None may mean a file, a folder, a kernel object or a socket with a name."""
    odd = []
    for held in range(4096):
        try:
            mode = os.fstat(held).st_mode & 0o170000
        except OSError:
            continue
        if mode in (0o040000, 0o100000, 0o060000):
            odd.append(f"{held} is a file")
        elif mode == 0o140000:
            with socket.socket(fileno=os.dup(held)) as found:
                if found.getsockname() or found.getpeername():
                    odd.append(f"{held} is a socket with a name")
    return " ".join(odd)


def watch_outside(world: Any) -> str:
    return did("inotify_init1", 0)


def watch_by_fanotify(world: Any) -> str:
    return did("fanotify_init", 0, 0)


def watch_by_notify_of_a_folder(world: Any) -> str:
    fcntl.fcntl(os.open(world.scratch, os.O_RDONLY), 1026, 0x2)
    return "F_NOTIFY"


def find_a_handle(world: Any) -> str:
    room, mount = ctypes.create_string_buffer(b"\x80\0\0\0", 200), array.array("i", [0])
    return did("name_to_handle_at", -100, world.secret.encode(), room, ctypes.c_char_p(mount.buffer_info()[0]), 0)
