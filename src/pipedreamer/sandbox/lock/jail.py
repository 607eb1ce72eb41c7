"""The jail: a mount namespace in which nothing exists but what was granted, with no network and no /proc."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipedreamer.sandbox.lock.kernel import mount, syscall, unmount, unshare
from pipedreamer.sandbox.lock.policy import Policy

_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_NET = 0x00020000, 0x08000000, 0x10000000, 0x40000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC = 1, 2, 4, 8
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1 << 5, 1 << 12, 1 << 14, 1 << 18
_DETACH: Final = 2
_KEPT_FLAGS: Final = {1: 1, 2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}
"""Flags of a mount as statvfs tells them (ST_*), and as mount takes them (MS_*); whoever remounts must keep them."""

DEVICES: Final = ("/dev/null", "/dev/urandom", "/dev/random")
SCRATCH: Final = "/tmp"  # noqa: S108 - the jail's own
_OLD: Final = "/.outside"
_PROC: Final = "/.proc"
OWN: Final = "/proc/self"
"""Made for programs alone; all there is of /proc."""
OWN_MAPS: Final = OWN + "/maps"
"""Where C libraries read how large the first stack is (pthread_getattr_np(3))."""
_UNESCAPED: Final = re.compile(rb"\\([0-7]{3})")


def enter(policy: Policy, system: Iterable[str]) -> bool:
    """Move this process into a jail of its own; `system` are paths that every worker reads.

    Whether files that may only be read keep modes, times and lengths there, which under gVisor they do not. Raises
    OSError where the machine does not let us; the process is then of no use any more.
    """
    uid, gid = os.getuid(), os.getgid()
    try:
        unshare(_NEW_MOUNTS | _NEW_IPC | _NEW_NET)
    except PermissionError:
        unshare(_NEW_USER | _NEW_MOUNTS | _NEW_IPC | _NEW_NET)
        _map_user(uid, gid)
    _new_root(policy.scratch_size)
    rooms = _Rooms()
    for path in sorted({*system, *policy.whole, *policy.write}):  # what lies below another comes after it
        rooms.bind(path, 0 if path in policy.write else _READ_ONLY)
    for path in DEVICES:
        rooms.bind(path, _READ_ONLY)
    for path in policy.listed:
        rooms.folder(path)
    for path in policy.links:
        rooms.link(path)
    if policy.program:
        rooms.for_program(policy.program.arguments[0])
    rooms.close()
    unmount(_OLD, _DETACH)
    Path(_OLD).rmdir()
    keeps_modes = _keeps_modes()
    mount(None, "/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES)
    os.chdir("/")
    return keeps_modes


def show_own_memory() -> None:
    """In a process that becomes a program: nothing of /proc but its own map of addresses, in a view of its own."""
    unshare(_NEW_MOUNTS)
    mount(f"{_PROC}/{os.getpid()}/maps", OWN_MAPS, None, _BIND)
    unmount(_PROC, _DETACH)


def _keeps_modes() -> bool:
    path = SCRATCH + "/.probe"
    Path(path).touch(0o600)
    mount(path, path, None, _BIND)
    mount(None, path, None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES | _NO_EXEC)
    try:
        Path(path).chmod(0o644)
    except OSError:
        return True
    else:
        return False
    finally:
        unmount(path, _DETACH)
        Path(path).unlink()


def _map_user(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def _new_root(scratch_size: int) -> None:
    """An empty file system as the root, the old one below it, and a scratch folder at /tmp."""
    mount(None, "/", None, _RECURSIVE | _PRIVATE)
    mount("tmpfs", SCRATCH, "tmpfs", _NO_SUID | _NO_DEVICES, "mode=755,size=4m")
    Path(SCRATCH + _OLD).mkdir()
    syscall("pivot_root", SCRATCH.encode(), (SCRATCH + _OLD).encode())
    os.chdir("/")
    Path(SCRATCH).mkdir()
    options = f"mode=1777,size={scratch_size},nr_inodes=16384"
    mount("tmpfs", SCRATCH, "tmpfs", _NO_SUID | _NO_DEVICES | _NO_EXEC, options)


class _Rooms:
    """Makes the places below the new root. What lies below /tmp gets an unchangeable room of its own there."""

    def __init__(self) -> None:
        self._sealed: list[str] = []
        self._bound: dict[str, int] = {}

    def bind(self, path: str, read_only: int) -> None:
        """Show a file or folder of the outside at its own path, and what is mounted below.

        One that is not there is passed over, and one that a grant of as much has brought along.
        """
        if any(path.startswith(f"{known}/") and rights <= read_only for known, rights in self._bound.items()):
            return
        source = _OLD + path
        try:
            os.stat(source)  # noqa: PTH116
            is_folder = os.path.isdir(source)  # noqa: PTH112
        except OSError:
            return
        self._make_way(path)
        place = Path(path)
        with suppress(FileExistsError):
            place.mkdir() if is_folder else place.touch(exist_ok=False)
        mount(source, path, None, _BIND | _RECURSIVE)
        flags = read_only | _NO_SUID | (0 if path in DEVICES else _NO_DEVICES)
        for mounted in (path, *_mounts_below(path)):
            kept = os.statvfs(mounted).f_flag
            flags_now = flags | sum(flag for told, flag in _KEPT_FLAGS.items() if kept & told)
            mount(None, mounted, None, _REMOUNT | _BIND | flags_now)
        self._bound[path] = read_only

    def folder(self, path: str) -> None:
        """A folder that holds nothing but what else is granted."""
        self._make_way(path)
        Path(path).mkdir(exist_ok=True)

    def link(self, path: str) -> None:
        """The same symbolic link as outside."""
        self._make_way(path)
        with suppress(FileExistsError, FileNotFoundError):
            Path(path).symlink_to(Path(_OLD + path).readlink())

    def for_program(self, file: str) -> None:
        """What a program wants of /proc: where its own file is, and, by `show_own_memory`, where its stack lies."""
        Path(OWN).mkdir(parents=True)
        Path(OWN + "/exe").symlink_to(file)
        Path(OWN_MAPS).touch()
        Path(_PROC).mkdir()
        mount(_OLD + "/proc", _PROC, None, _BIND | _RECURSIVE)

    def close(self) -> None:
        for room in self._sealed:
            mount(None, room, None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES)

    def _make_way(self, path: str) -> None:
        if any(path.startswith(f"{known}/") for known in self._bound):
            return  # it is there already
        if path.startswith(SCRATCH + "/"):
            room = "/".join(path.split("/")[:3])
            if room != path and room not in self._sealed:
                Path(room).mkdir()
                mount("tmpfs", room, "tmpfs", _NO_SUID | _NO_DEVICES, "mode=755,size=4m")
                self._sealed.append(room)
        Path(path).parent.mkdir(parents=True, exist_ok=True)


def _mounts_below(path: str) -> list[str]:
    """Mounts that came along with a folder: each has flags of its own (proc(5), mountinfo)."""
    with open(f"{_OLD}/proc/self/mountinfo", "rb") as table:  # noqa: PTH123
        points = [os.fsdecode(_UNESCAPED.sub(_unescape, line.split()[4])) for line in table]
    return [point for point in points if point.startswith(f"{path}/")]


def _unescape(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)])
