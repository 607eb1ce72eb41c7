"""Folders with exactly the locked packages, made once and shared by every workflow with the same lock."""

import hashlib
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from pipedreamer.errors import PackageError
from pipedreamer.project.cache import cache_folder, make_once
from pipedreamer.project.packages.lockfile import Lock, current_lock
from pipedreamer.project.packages.locking import wheels_only
from pipedreamer.project.packages.requirements import Requirements, read_requirements
from pipedreamer.project.packages.uv import run_uv


def environment(
    project_root: Path, allow_build: bool = False, *, say: Callable[[str], None] = lambda _: None
) -> Path | None:
    """The folder to put on a worker's import path, made if it is not there; None where nothing is asked for.

    Raises ProjectError for refused requirements, and PackageError where the lock is missing or old, or a package
    cannot be installed.
    """
    requirements = read_requirements(project_root)
    lock = current_lock(project_root, requirements)
    if requirements is None or lock is None:
        return None
    _check_python(requirements)
    place = cache_folder("environments") / _key(lock)
    packages = place / "site-packages"
    if not packages.is_dir():
        say(f"installing {len(lock.pins)} package{'s' if len(lock.pins) != 1 else ''} for {project_root} (once)")
        make_once(place, lambda folder: _install(folder, lock, allow_build))
        for unread in sorted(packages.glob("*.pth")):
            say(f"{unread.name} is not processed: a package that needs it may not work in a node")
    return packages


def _check_python(requirements: Requirements) -> None:
    needed = tuple(int(part) for part in requirements.python.split("."))
    if sys.version_info[: len(needed)] < needed:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise PackageError(f"{requirements.file}: the workflow needs Python {requirements.python}, and this is {here}")


def _key(lock: Lock) -> str:
    """What decides which files are installed: the lock, the Python, the platform."""
    parts = (lock.text, sys.version, str(sysconfig.get_config_var("SOABI")), sysconfig.get_platform())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _install(folder: Path, lock: Lock, allow_build: bool) -> None:
    (folder / "lock.txt").write_text(lock.text, "utf-8")
    (folder / "site-packages").mkdir()
    arguments = [
        *("pip", "sync", "lock.txt", "--target", "site-packages", "--require-hashes", "--allow-empty-requirements"),
        *("--compile-bytecode", "--no-python-downloads"),
    ]
    run_uv([*arguments, *wheels_only(allow_build)], folder, "installing the workflow's packages")
    (folder / "site-packages" / ".lock").unlink(missing_ok=True)  # uv's own
