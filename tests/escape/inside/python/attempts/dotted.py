"""Entries of the workflow's own folder whose names begin with a dot: secrets, history."""

import os
from pathlib import Path
from typing import Any

from .raw import any_of


def read_secrets(world: Any) -> bytes:
    return any_of(*(lambda name=name: Path(world.root, name).read_text() for name in world.dotted)).encode()


def read_by_the_authors_link(world: Any) -> bytes:
    return any_of(
        lambda: Path(world.root, "visible/key").read_text(), lambda: Path(world.root, "data/link.yaml").read_text()
    ).encode()


def read_by_own_link(world: Any) -> bytes:
    link = Path(world.scratch, "dotted-link")
    link.symlink_to(world.root + "/.secrets")
    return Path(link, "key").read_bytes()


def read_by_own_hard_link(world: Any) -> bytes:
    link = world.scratch + "/dotted-hard"
    os.link(world.root + "/.secrets.yaml", link)
    return Path(link).read_bytes()


def read_by_rename(world: Any) -> bytes:
    moved = Path(world.scratch, "dotted-moved")
    Path(world.root, ".secrets").rename(moved)
    return Path(moved, "key").read_bytes()


def read_below_a_descriptor(world: Any) -> bytes:
    held = os.open(world.root + "/.secrets", os.O_PATH | os.O_DIRECTORY)
    return os.read(os.open("key", os.O_RDONLY, dir_fd=held), 1000)


def read_from_within(world: Any) -> bytes:
    here = os.open(".", os.O_PATH)
    os.chdir(world.root + "/.secrets")
    try:
        return Path("key").read_bytes()
    finally:
        os.fchdir(here)


def read_by_dots(world: Any) -> bytes:
    return Path(world.root + "/nodes/../.secrets/../.secrets/key").read_bytes()


def list_names(world: Any) -> str:
    return any_of(*(lambda name=name: " ".join(os.listdir(f"{world.root}/{name}")) for name in (".secrets", ".git")))


def change(world: Any) -> None:
    any_of(*(lambda name=name: Path(world.root, name).write_text("changed") for name in world.dotted))


def remove(world: Any) -> None:
    any_of(*(lambda name=name: Path(world.root, name).unlink() for name in world.dotted))
