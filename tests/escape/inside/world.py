"""What surrounds the nodes of the suite: files, listeners and a victim, all as open as can be but for the lock.

`touched()` says what has changed since it was last asked, and puts it right again.
"""

import ctypes
import hashlib
import json
import os
import secrets
import select
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

SECRET = "secret-" + secrets.token_hex(12)
"""Whoever has this has read what was not his; it stands in the files, the environment and the victim's memory."""

WORD = b"hello from inside"
_ATTRIBUTE = "user.secret"
_LARGE = 10 << 20


class Files:
    """The tree below `room`: `flow` the workflow with its dotted entries, `outside`, `readable`, `writable`."""

    def __init__(self, room: Path, flow: Path, watched: list[Path]) -> None:
        self.room = room
        self._source = flow
        self.outside = room / "outside"
        self.secret = self.outside / "secret"
        self.flow = room / "flow"
        self.dotted = [".secrets/key", ".secrets.yaml", ".git/config", "data/.hidden/file"]
        self._watched = watched
        self.make()
        self._before: dict[str, str] = {}

    def settle(self) -> None:
        """From here on every change counts."""
        self._before = self._state()

    def make(self) -> None:
        """As it was; everything is open to everybody."""
        shutil.copytree(self._source, self.flow, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.rmtree(self.outside, ignore_errors=True)
        (self.outside / "empty").mkdir(parents=True)
        self.secret.write_text(SECRET)
        (self.outside / "module.ts").write_text(f'export default "{SECRET}";')
        (self.outside / "data.json").write_text(json.dumps({"value": SECRET}))
        _write_database(self.outside / "data.db")
        with suppress(OSError):
            os.setxattr(self.secret, _ATTRIBUTE, SECRET.encode())
        for name in self.dotted:
            (self.flow / name).parent.mkdir(parents=True, exist_ok=True)
            (self.flow / name).write_text(SECRET)
        for link, target in (("visible", ".secrets"), ("data/link.yaml", "../.secrets.yaml")):
            if not (self.flow / link).is_symlink():
                (self.flow / link).symlink_to(target)
        for folder in (self.outside, self.flow, self.room / "readable", self.room / "writable"):
            folder.mkdir(parents=True, exist_ok=True)
            _open_to_all(folder)
        with suppress(FileExistsError):
            os.mkfifo(self.room / "readable/pipe")
            (self.room / "readable/pipe").chmod(0o666)

    def touched(self) -> list[str]:
        now = self._state()
        changed = sorted(path for path in self._before.keys() | now.keys() if self._before.get(path) != now.get(path))
        if changed:
            self._bring_back()
            for path in now.keys() - self._before.keys():
                if not Path(path).is_dir():
                    Path(path).unlink(missing_ok=True)
            self.make()
            self._before = self._state()
        return [f"changed {path}" for path in changed]

    def _bring_back(self) -> None:
        """Folders that were renamed, the very same: a listener holds what is in them."""
        for name in ("flow", "readable", "writable"):
            away = self.room / f"{name}-away"
            if away.is_dir():
                shutil.rmtree(self.room / name, ignore_errors=True)
                away.rename(self.room / name)

    def _state(self) -> dict[str, str]:
        state = {}
        places = [self.outside, self.flow, self.room / "readable", *self._watched]
        for place in places:
            paths = [place, *place.rglob("*")] if place.is_dir() and place not in self._watched else [place]
            for path in paths:
                if "__pycache__" not in path.parts:
                    state[str(path)] = _one(path)
        state[str(self.room / "writable")] = str((self.room / "writable").is_dir())
        return state


def _one(path: Path) -> str:
    """All of a file that an attacker could want to change; a folder's times and links change with what is in it."""
    try:
        known = path.lstat()
    except OSError:
        return "gone"
    if path.is_symlink():
        return f"{known.st_uid} {path.readlink()}"
    if not path.is_file():
        return f"{known.st_mode:o} {known.st_uid}:{known.st_gid}"
    attribute = b""
    with suppress(OSError):
        attribute = os.getxattr(path, _ATTRIBUTE)
    # Of a program its size and time are enough.
    content = hashlib.sha256(path.read_bytes()).hexdigest() if known.st_size < _LARGE else known.st_size
    return (
        f"{known.st_mode:o} {known.st_uid}:{known.st_gid} {known.st_nlink} {known.st_mtime_ns} {content} {attribute!r}"
    )


def _write_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table held (value)")
        database.execute("insert into held values (?)", (SECRET,))
        database.commit()


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            with suppress(OSError):
                path.chmod(0o777 if path.is_dir() else 0o666)


class Listeners:
    """Sockets that hear of everything that gets out; the kernel takes connections for them."""

    def __init__(self, room: Path) -> None:
        self.unix = str(room / "outside-socket")
        self.unix_datagrams = str(room / "outside-datagrams")
        self.readable = str(room / "readable/socket")
        self.abstract = "escape-" + secrets.token_hex(4)
        self._open: dict[str, socket.socket] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self.tcp = self._tcp("TCP", socket.AF_INET, "127.0.0.1")
        self.allowed = self._tcp("", socket.AF_INET, "127.0.0.1")
        self.redirecting = _redirecting(self.tcp)
        self.tcp6 = self._tcp("TCP over IPv6", socket.AF_INET6, "::1")
        self.udp = self._add("UDP", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)).getsockname()[1]
        for name, path in (("a Unix socket", self.unix), ("a granted folder's socket", self.readable)):
            Path(path).unlink(missing_ok=True)
            self._add(name, socket.AF_UNIX, socket.SOCK_STREAM, path).listen()
            Path(path).chmod(0o777)
        Path(self.unix_datagrams).unlink(missing_ok=True)
        self._add("a Unix datagram socket", socket.AF_UNIX, socket.SOCK_DGRAM, self.unix_datagrams)
        Path(self.unix_datagrams).chmod(0o777)
        self._add("an abstract socket", socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract).listen()
        threading.Thread(target=self._serve, daemon=True).start()
        self._pipe = os.open(room / "readable/pipe", os.O_RDWR | os.O_NONBLOCK)

    def touched(self) -> list[str]:
        with self._lock:
            self._take()
            told, self._told = self._told, set()
        return [f"heard by {name}" for name in sorted(told) if name] + self._piped()

    def _serve(self) -> None:
        """Hang up on whoever has come, so that nobody waits for an answer."""
        while True:
            select.select(self._open.values(), [], [])
            with self._lock:
                self._take()

    def _take(self) -> None:
        self._told |= {name for name, heard in self._open.items() if self._heard(heard)}

    def _piped(self) -> list[str]:
        try:
            return ["heard by a granted folder's pipe"] if os.read(self._pipe, 4096) else []
        except BlockingIOError:
            return []

    def _tcp(self, name: str, family: int, address: str) -> int:
        try:
            heard = self._add(name, family, socket.SOCK_STREAM, (address, 0))
        except OSError:  # no IPv6 here
            return 1
        heard.listen(64)
        port: int = heard.getsockname()[1]
        return port

    def _add(self, name: str, family: int, kind: int, address: Any) -> socket.socket:
        heard = socket.socket(family, kind)
        heard.bind(address)
        heard.setblocking(False)
        self._open[name] = heard
        return heard

    def _heard(self, heard: socket.socket) -> bool:
        found = False
        with suppress(BlockingIOError):
            while True:
                if heard.type == socket.SOCK_STREAM:
                    heard.accept()[0].close()
                else:
                    heard.recv(4096)
                found = True
        return found


def _redirecting(port: int) -> int:
    """The port of a host that sends whoever asks it on to this port."""
    head = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    here = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            with here.accept()[0] as asked, suppress(OSError):
                asked.recv(4096)
                asked.sendall(head.encode())

    threading.Thread(target=serve, daemon=True).start()
    mine: int = here.getsockname()[1]
    return mine


class Victim:
    """Another process, of the user that workers have."""

    def __init__(self, uid: int | None) -> None:
        self._uid = uid
        self.start()

    def start(self) -> None:
        environment = {"ESCAPE_SECRET": SECRET}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("victim.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            user=self._uid,
        )
        self._write(SECRET)
        assert self._process.stdout
        self.pid = self._process.pid
        self.address = int(self._process.stdout.readline())
        self._before = self._state()

    def touched(self) -> list[str]:
        now = self._state()
        changed = [f"the victim's {key}: {now.get(key)}" for key in self._before if now.get(key) != self._before[key]]
        if changed:
            self.close()
            self.start()
        return changed

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _state(self) -> dict[str, Any]:
        """What it says of itself; {} when it does not answer."""
        assert self._process.stdout
        try:
            self._write("how are you?")
        except BrokenPipeError:
            return {}
        if not select.select([self._process.stdout], [], [], 5)[0]:
            return {}
        said: dict[str, Any] = json.loads(self._process.stdout.readline() or "{}")
        return said

    def _write(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()


def handle_of(path: Path) -> str:
    """The number that the file system has for a file (`struct file_handle`), in hexadecimal; "" where it has none."""
    room, mount = ctypes.create_string_buffer((128).to_bytes(4, "little") + bytes(200)), ctypes.c_int()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.name_to_handle_at(-100, bytes(path), room, ctypes.byref(mount), 0) < 0:
        return ""
    return room.raw[: 8 + int.from_bytes(room.raw[:4], "little")].hex()
