"""Folders of the cache: made once, whole or not at all, shared by every workflow, readable by every user."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipedreamer.errors import PackageError


def cache_folder(kind: str) -> Path:
    """The folder for one kind of thing (XDG Base Directory Specification: a relative XDG_CACHE_HOME does not count).

    Raises PackageError where there can be none.
    """
    cache = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
        place = base / "pipedreamer" / kind
        place.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise PackageError(f"no folder for packages: {error}; set XDG_CACHE_HOME to one that can be written") from error
    return place


def make_once(place: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder beside its place and rename it: nobody ever sees half of one, and of two at once one wins."""
    scratch = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        fill(scratch)
        scratch.chmod(0o755)  # a worker may run as another user
        try:
            scratch.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    except OSError as error:
        raise PackageError(f"packages cannot be kept in {place.parent}: {error.strerror}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
