"""What can be made of a folder that may be written to and one that may be read, beyond just that.

Made in a session whose permissions name both. In the folder for reading there are a file system mounted below, a pipe,
a socket and a device.
"""

import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import any_of, did


def write_to_what_may_be_read(world: Any) -> None:
    any_of(
        lambda: Path(world.readable, "created").write_text("x"),
        lambda: Path(world.readable, "file").write_text("x"),
        lambda: os.chmod(world.readable + "/file", 0o777),
    )


def write_to_a_mount_below(world: Any) -> None:
    any_of(
        lambda: Path(world.readable, "nested", "created").write_text("x"),
        lambda: os.chmod(world.readable + "/nested", 0o700),
    )


@marked(unproven="needs a device node, which only root can make")
def a_device_of_a_mount_below(world: Any) -> str:
    return any_of(
        *(lambda n=n: f"opened {os.open(world.readable + n, os.O_RDONLY)}" for n in ("/nested/null", "/null"))
    )


def write_to_a_pipe(world: Any) -> None:
    held = os.open(world.readable + "/pipe", os.O_RDWR | os.O_NONBLOCK)
    os.write(held, world.word)
    time.sleep(0.1)


def connect_to_a_socket(world: Any) -> None:
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(world.readable + "/socket")


def read_beside_by_dots(world: Any) -> bytes:
    return Path(world.readable, "..", "outside", "secret").read_bytes()


def read_by_a_link_in_the_writable(world: Any) -> bytes:
    link = Path(world.writable, "link")
    link.symlink_to(world.secret)
    return link.read_bytes()


def write_by_a_link_in_the_writable(world: Any) -> None:
    link = Path(world.writable, "link-to-write")
    link.symlink_to(world.secret)
    link.write_text("changed")


def link_what_is_outside(world: Any) -> bytes:
    link = Path(world.writable, "hard")
    os.link(world.secret, link)
    return link.read_bytes()


def rename_what_is_outside(world: Any) -> bytes:
    Path(world.secret).rename(Path(world.writable, "renamed"))
    return Path(world.writable, "renamed").read_bytes()


def replace_the_granted_folder(world: Any) -> None:
    any_of(
        lambda: os.rename(world.writable, world.writable + "-away"),
        lambda: os.rename(world.readable, world.readable + "-away"),
        lambda: os.rmdir(world.writable),
    )


def make_a_file_that_acts_as_its_owner(world: Any) -> str:
    path = Path(world.writable, "acts")
    path.write_bytes(b"x")
    any_of(
        lambda: path.chmod(0o4755), lambda: path.chmod(0o2755), lambda: did("fchmodat2", -100, bytes(path), 0o6755, 0)
    )
    return oct(path.stat().st_mode) if path.stat().st_mode & 0o6000 else ""


def create_a_file_that_acts_as_its_owner(world: Any) -> str:
    path = world.writable + "/born"
    os.umask(0)
    held = os.open(path, os.O_CREAT | os.O_WRONLY, 0o6755)
    return oct(os.fstat(held).st_mode) if os.fstat(held).st_mode & 0o6000 else ""


def create_a_nameless_file_that_acts(world: Any) -> str:
    held = os.open(world.writable, os.O_TMPFILE | os.O_RDWR, 0o6755)
    return oct(os.fstat(held).st_mode) if os.fstat(held).st_mode & 0o6000 else ""


@marked(unproven="a folder made with these bits loses them by itself on some file systems")
def a_folder_that_gives_its_group(world: Any) -> str:
    path = Path(world.writable, "gives")
    path.mkdir(0o2777)
    with suppress(OSError):
        path.chmod(0o2777)
    return "a file in it would be the group's" if path.stat().st_mode & stat.S_ISGID else ""


@marked(unproven="the test's folder may lie on a file system without attributes")
def give_a_file_capabilities(world: Any) -> str:
    path = Path(world.writable, "capable")
    path.write_bytes(b"x")
    os.setxattr(path, "security.capability", bytes.fromhex("0100000280000000000000000000000000000000"))
    return "capable"


def give_a_file_away(world: Any) -> str:
    path = Path(world.writable, "given")
    path.write_bytes(b"x")
    os.chown(path, 12345, 12345)
    return f"belongs to {path.stat().st_uid}"


def make_a_device(world: Any) -> str:
    return any_of(
        lambda: did("mknodat", -100, (world.writable + "/disk").encode(), 0o60666, 0x800),
        lambda: did("mknodat", -100, (world.writable + "/null").encode(), 0o20666, 0x103),
    )


def make_a_socket_or_a_pipe(world: Any) -> str:
    return any_of(
        lambda: did("mknodat", -100, (world.writable + "/fifo").encode(), 0o10666, 0),
        lambda: did("mknodat", -100, (world.writable + "/sock").encode(), 0o140666, 0),
    )


def poison_as_the_owner_of_files(world: Any) -> None:
    """With a folder to write to, workers of a root engine are root for files: the lock alone is left."""
    from .writing import poison_a_library, poison_the_import_path

    any_of(lambda: poison_the_import_path(world), lambda: poison_a_library(world))


def overwrite_as_the_owner_of_files(world: Any) -> None:
    from .writing import overwrite

    overwrite(world)


def memory_as_the_owner_of_files(world: Any) -> str:
    from .others import memory_by_proc

    return memory_by_proc(world)


def dotted_as_the_owner_of_files(world: Any) -> bytes:
    from .dotted import read_secrets

    return read_secrets(world)
