"""Many paths -> the few to write down."""

import os
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Final

from pipedreamer.spec.granted_paths import covers

ENOUGH: Final = 5
"""So many paths of one folder are written as the folder."""

_MOST: Final = 20_000

_TOO_WIDE: Final = frozenset(
    """
    / /app /bin /boot /etc /home /lib /lib64 /media /mnt /opt /root /run /sbin /srv /usr /var /usr/lib /usr/local
    /usr/share /run/user /var/cache /var/lib /var/local /var/log /var/mail /var/opt /var/run /var/spool /var/tmp /tmp
    """.split()  # noqa: SIM905 - a table
)
"""What belongs to everybody: of these only parts are ever written down by themselves."""


def smallest(paths: Iterable[str], may_stand_for_all: Callable[[str], bool]) -> tuple[str, ...]:
    """The paths, sorted, without those that another one covers; `ENOUGH` of one folder become the folder.

    `may_stand_for_all` is asked whether a folder may be opened with everything below it; one that is too wide is not
    asked about.
    """
    kept = _uncovered(set(paths))
    while folder := _full(kept, may_stand_for_all):
        kept = _uncovered({folder, *kept})
    return tuple(sorted(kept))


def there(folders: Iterable[str]) -> frozenset[str] | None:
    """What is in these folders now and they themselves, links resolved; None where it is too much to look at."""
    found: set[str] = set()
    for folder in filter(os.path.exists, map(os.path.realpath, folders)):
        found.add(folder)
        for place, below, files in os.walk(folder):
            found.update(f"{place}/{name}" for name in (*below, *files))
            if len(found) > _MOST:
                return None
    return frozenset(found)


def is_too_wide(folder: str) -> bool:
    """Whether a folder is the whole system's, or somebody's home."""
    return folder in _TOO_WIDE or PurePosixPath(folder).parent == PurePosixPath("/home")


def _uncovered(paths: set[str]) -> set[str]:
    return {path for path in paths if not any(other != path and covers(other, path) for other in paths)}


def _full(paths: set[str], may_stand_for_all: Callable[[str], bool]) -> str | None:
    counts: dict[str, int] = {}
    for path in paths:
        folder = str(PurePosixPath(path).parent)
        counts[folder] = counts.get(folder, 0) + 1
    full = (folder for folder, count in sorted(counts.items()) if count >= ENOUGH and folder not in paths)
    return next((folder for folder in full if not is_too_wide(folder) and may_stand_for_all(folder)), None)
