"""Folders of small files as Kubernetes mounts them: `key -> ..data/key`, `..data -> ..2026_01_01...`."""

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipedreamer.errors import SettingsError

FILE_LIMIT: Final = 1024 * 1024
"""The most bytes of one file, which is also the most that a whole Secret or ConfigMap can hold."""
FOLDER_LIMIT: Final = 8 * FILE_LIMIT

Fingerprint = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of a folder by name, sorted, and the names of links that lead nowhere."""

    files: dict[str, bytes]
    dangling: tuple[str, ...] = ()


def read_file(path: Path) -> bytes | None:
    """A file's content, None where there is no such file; raises SettingsError: unreadable, too large."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        raise SettingsError(f"{path}: is a folder, a file is expected here") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > FILE_LIMIT:
        raise SettingsError(f"{path}: is larger than {FILE_LIMIT} bytes, the limit of a settings file")
    return data


def read_folder(path: Path) -> Folder | None:
    """The files of a folder, None where there is no such folder.

    Names that begin with a dot and sub-folders are passed over, links are followed. Raises SettingsError.
    """
    names = _names(path)
    if names is None:
        return None
    files: dict[str, bytes] = {}
    dangling: list[str] = []
    for name in names:
        mode = _mode(path / name)
        if mode and not stat.S_ISREG(mode):
            continue
        data = read_file(path / name) if mode else None
        if data is None:
            dangling.append(name)
        else:
            files[name] = data
    if sum(map(len, files.values())) > FOLDER_LIMIT:
        raise SettingsError(f"{path}: holds more than {FOLDER_LIMIT} bytes, the limit of a settings folder")
    return Folder(files, tuple(dangling))


def fingerprint(paths: Iterable[Path]) -> Fingerprint:
    """Something that changes whenever a file at `paths`, or in a folder there, does; reads no content."""
    return tuple(_print_of(path) for path in paths)


def _print_of(path: Path) -> Fingerprint:
    try:
        names = _names(path)
    except SettingsError:
        names = None
    own = _state(path)
    return own if names is None else (*own, *((name, *_state(path / name)) for name in names))


def _names(path: Path) -> list[str] | None:
    try:
        return sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise SettingsError(f"{path}: is a file, a folder is expected here") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _state(path: Path) -> Fingerprint:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno,)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
