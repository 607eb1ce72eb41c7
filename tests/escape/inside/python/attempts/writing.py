"""Changing what was not granted: the files outside are open to everybody, so that only the lock can hold."""

import ctypes
import os
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import LIBC, any_of, did


def overwrite(world: Any) -> None:
    with open(world.secret, "r+b") as file:
        file.write(b"changed")


def append(world: Any) -> None:
    with open(world.secret, "ab") as file:
        file.write(b"changed")


def cut_on_opening(world: Any) -> None:
    os.open(world.secret, os.O_RDONLY | os.O_TRUNC)


def cut_by_path(world: Any) -> None:
    os.truncate(world.secret, 1)


def create(world: Any) -> None:
    Path(world.outside, "created").write_text("created")


def create_exclusively(world: Any) -> None:
    os.open(world.outside + "/created", os.O_CREAT | os.O_EXCL | os.O_WRONLY)


def create_without_a_name(world: Any) -> str:
    return f"opened {os.open(world.outside, os.O_TMPFILE | os.O_RDWR)}"


def create_beside_the_nodes(world: Any) -> None:
    any_of(
        *(lambda name=name: Path(world.root, name).write_text("created") for name in ("json.py", "nodes/attempts.py"))
    )


def make_a_folder(world: Any) -> None:
    Path(world.outside, "made").mkdir()


def make_a_link(world: Any) -> None:
    Path(world.outside, "made").symlink_to("/etc")


def make_a_hard_link(world: Any) -> None:
    os.link(world.secret, world.outside + "/hard")


def make_a_pipe(world: Any) -> None:
    os.mkfifo(world.outside + "/pipe")


def make_a_device(world: Any) -> str:
    return did("mknodat", -100, (world.scratch + "/null").encode(), 0o20666, 0x103)


def remove(world: Any) -> None:
    Path(world.secret).unlink()


def remove_a_folder(world: Any) -> None:
    Path(world.outside, "empty").rmdir()


def rename_within(world: Any) -> None:
    Path(world.secret).rename(world.outside + "/renamed")


def rename_over(world: Any) -> None:
    mine = Path(world.scratch, "mine")
    mine.write_text("mine")
    any_of(lambda: mine.rename(world.secret), lambda: mine.rename(world.root + "/workflow.yaml"))


def exchange(world: Any) -> None:
    mine = Path(world.scratch, "mine")
    mine.write_text("mine")
    if LIBC.renameat2(-100, bytes(mine), -100, world.secret.encode(), 2) < 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def replace_the_workflow(world: Any) -> None:
    """The folder as a whole, by way of its parent."""
    os.rename(world.root, world.root + "-away")


def replace_a_node(world: Any) -> None:
    any_of(
        lambda: Path(world.root, "nodes").rename(Path(world.root, "away")),
        lambda: Path(world.root, "nodes/slow.py").unlink(),
        lambda: Path(world.root, "nodes/slow.py").write_text(""),
    )


def change_the_mode(world: Any) -> None:
    os.chmod(world.secret, 0o777)


def change_the_mode_raw(world: Any) -> None:
    did("fchmodat2", -100, world.secret.encode(), 0o777, 0)


def change_the_mode_by_descriptor(world: Any) -> None:
    os.fchmod(os.open(world.secret, os.O_RDONLY), 0o777)


def _visible(world: Any) -> list[str]:
    """Files and folders that nodes do see, and may only read."""
    names = ("", "/workflow.yaml", "/nodes", "/nodes/slow.py", "/attempts", "/attempts/raw.py")
    return [world.root + name for name in names]


def change_the_mode_of_what_is_visible(world: Any) -> None:
    any_of(*(lambda path=path: os.chmod(path, 0o700) for path in _visible(world)))


def change_the_mode_by_descriptor_of_what_is_visible(world: Any) -> None:
    any_of(*(lambda path=path: os.fchmod(os.open(path, os.O_RDONLY), 0o700) for path in _visible(world)))


def change_the_times_of_what_is_visible(world: Any) -> None:
    any_of(*(lambda path=path: os.utime(path, (1, 1)) for path in _visible(world)))


def change_the_owner_of_what_is_visible(world: Any) -> None:
    any_of(*(lambda path=path: os.chown(path, -1, 65534) for path in _visible(world)))


def change_attributes_of_what_is_visible(world: Any) -> None:
    any_of(*(lambda path=path: os.setxattr(path, "user.secret", b"changed") for path in _visible(world)))


def cut_what_is_visible(world: Any) -> None:
    any_of(*(lambda path=path: os.truncate(path, 1) for path in _visible(world)))


def cut_what_is_visible_on_opening(world: Any) -> None:
    any_of(*(lambda path=path: str(os.open(path, os.O_RDONLY | os.O_TRUNC)) for path in _visible(world)))


def link_what_is_visible(world: Any) -> str:
    """A second name where one may write: were the file changed there, it would be changed here."""
    os.link(world.root + "/nodes/slow.py", world.scratch + "/second-name")
    return "linked"


def change_the_owner(world: Any) -> None:
    os.chown(world.secret, os.getuid(), 12345)


def change_the_times(world: Any) -> None:
    os.utime(world.secret, (1, 1))


def change_an_attribute(world: Any) -> None:
    any_of(
        lambda: os.setxattr(world.secret, "user.secret", b"changed"),
        lambda: os.removexattr(world.secret, "user.secret"),
    )


def write_by_a_link(world: Any) -> None:
    link = Path(world.scratch, "write-link")
    link.symlink_to(world.secret)
    link.write_text("changed")


def poison_the_import_path(world: Any) -> None:
    """A file that the next worker, or the engine after a restart, would run."""
    any_of(
        *(
            lambda folder=folder, name=name: Path(folder, name).write_text("raise SystemExit")
            for folder in world.code_folders
            for name in ("escape.pth", "sitecustomize.py", "usercustomize.py", "__pycache__/escape.pyc")
        )
    )


def poison_a_library(world: Any) -> None:
    any_of(*(lambda file=file: os.write(os.open(file, os.O_WRONLY | os.O_APPEND), b"#") for file in world.code_files))


def poison_the_loader(world: Any) -> None:
    any_of(*(lambda name=name: Path(world.outside, name).write_text("x") for name in ("ld.so.preload", "ld.so.cache")))


@marked(unproven="/proc decides itself what root may write there")
def write_to_proc(world: Any) -> str:
    names = ("oom_score_adj", "uid_map", "setgroups", "attr/current", "coredump_filter", "timerslack_ns", "comm")
    return any_of(*(lambda name=name: Path(f"/proc/self/{name}").write_text("0") and name for name in names))
