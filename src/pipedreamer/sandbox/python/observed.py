"""Tells the engine what a workflow's code asks for: files, variables, secrets, programs (`permissions --observe`).

It sees what goes through Python: `open`, `os`, `pathlib`, `os.environ`, `ctx.secrets`. What a library in C opens or
reads by itself it does not see. Watching changes no answer, but for the variables that are lent.
"""

import functools
import os
import posix
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from types import FrameType
from typing import Any, Final, Literal

from pipedreamer.sandbox.protocol import Code, Observed, ToEngine
from pipedreamer.sandbox.python.context import NodeContext
from pipedreamer.sandbox.python.explain import clean
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.node_secrets import NodeSecrets

Kind = Literal["read", "look", "write", "change", "env", "secret", "program"]

_MOST: Final = 20_000
"""Of how many different things it tells; nobody reads a block of more."""
_CHANGES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ONE_PATH: Final[dict[str, Kind]] = {
    "os.listdir": "read", "os.scandir": "read", "sqlite3.connect": "read", "ctypes.dlopen": "read",
    "os.truncate": "write", "os.chmod": "write", "os.utime": "write",
    "os.mkdir": "change", "os.rmdir": "change", "os.remove": "change",
}  # fmt: skip
"""Audit events whose first argument is a path (https://docs.python.org/3/library/audit_events.html)."""
_TWO_PATHS: Final = ("os.rename", "os.link", "os.symlink")
_PROGRAMS: Final = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")

_HERE: Final = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + "/"  # noqa: PTH120 - a prefix
_LIBRARY: Final = os.path.dirname(os.__file__) + "/"  # noqa: PTH120
_OF_PATHS: Final = ("os.py", "posixpath.py", "genericpath.py", "pathlib.py", "pathlib/", "_collections_abc.py")
"""The parts of Python's library that look at variables on behalf of whoever calls them."""
_OF_PYTHON: Final = ("<frozen importlib", "<frozen zipimport", _LIBRARY + "linecache.py")
"""Imports, and the source lines of tracebacks: nobody's wish."""
_OURSELVES: Final = "-"
_PYTHON: Final = "Python's library"
_PACKAGES: Final = ("/site-packages/", "/dist-packages/")


class Observer:
    """Watches from its making on, for the life of the process; `send` may be called from any thread."""

    def __init__(self, code: Code, send: Callable[[ToEngine], None]) -> None:
        self._root = code.root + "/"
        self._send = send
        self._told: set[tuple[object, ...]] = set()
        send(Observed("worker"))
        sys.addaudithook(self._heard)
        for name in ("stat", "lstat", "access", "readlink"):
            self._watch_look(name)
        _watch_environment(self._variable, code.observe.lent if code.observe else {})

    def around(self, nodes: Iterable[LoadedNode]) -> list[LoadedNode]:
        """The same nodes, given a context that tells which secrets are read."""
        return [replace(node, function=self._watched(node.function)) for node in nodes]

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(context: NodeContext, value: Any) -> Any:
            context.watch_secrets(lambda secrets: WatchedSecrets(secrets, self._secret))
            return function(context, value)

        return run

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: whatever it raised would end what is only being watched."""
        with suppress(Exception):
            if event == "open":
                path, _, flags = arguments
                self._path("write" if flags & _CHANGES else "read", path)
            elif kind := _ONE_PATH.get(event):
                self._path(kind, arguments[0])
            elif event in _TWO_PATHS:
                for path in arguments[0 if event == "os.rename" else 1 : 2]:
                    self._path("change", path)
            elif event == "pipedreamer.redirect":
                self._path("read", arguments[0], is_mocked=True)
            elif event in _PROGRAMS:
                self._tell("program", os.fsdecode(arguments[0]), *self._asker(_LIBRARY))

    def _path(self, kind: Kind, path: Any, *, is_mocked: bool = False) -> None:
        if path is None or isinstance(path, int):
            return
        absolute = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links stay as they are
        if (absolute + "/").startswith(self._root):
            return
        library, place = self._asker(_LIBRARY)
        if library != _OURSELVES:
            needed = os.path.dirname(absolute) if kind in ("write", "change") else absolute  # noqa: PTH120
            self._tell(kind, absolute, library, place, found=is_mocked or _is_there(needed))

    def _variable(self, name: object) -> bool:
        """Whether it is the workflow's own code that asks."""
        if not isinstance(name, str):
            return False
        library, place = self._asker(*(_LIBRARY + part for part in _OF_PATHS))
        if library != _PYTHON:  # which asks for a lot, and does without
            self._tell("env", name, library, place)
        return not library

    def _secret(self, name: object, is_there: bool) -> None:
        if isinstance(name, str):
            self._tell("secret", name, *self._asker(_LIBRARY), found=is_there)

    def _tell(self, kind: Kind, name: str, library: str, place: str, *, found: bool = True) -> None:
        what = (kind, name, library, found)
        if what not in self._told and len(self._told) < _MOST:
            self._told.add(what)
            self._send(Observed(kind, clean(name), place, library, found))

    def _asker(self, *passed_over: str) -> tuple[str, str]:
        """The package that asks, "" for the workflow's own code, and the workflow's line.

        Code below one of the paths `passed_over` acts for whoever calls it.
        """
        library = ""
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the one way to it
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._root):
                return library, f"{file[len(self._root) :]}:{frame.f_lineno}"
            if not library:
                library = _OURSELVES if file.startswith(_OF_PYTHON) else _package(file, passed_over)
            frame = frame.f_back
        return library, ""

    def _watch_look(self, name: str) -> None:
        real = getattr(os, name)

        @functools.wraps(real)
        def watched(path: Any, *arguments: Any, **options: Any) -> Any:
            with suppress(Exception):  # it is for the real one to complain
                self._path("look", path)
            return real(path, *arguments, **options)

        for able in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if real in able:
                able.add(watched)
        setattr(os, name, watched)


def _is_there(path: str) -> bool:
    try:
        posix.stat(path)  # not `os.stat`, which is watched
    except (OSError, ValueError):
        return False
    return True


def _package(file: str, passed_over: tuple[str, ...]) -> str:
    """The name of the package that a file belongs to, "" for what acts for others."""
    if file.startswith(("<", _HERE)):
        return ""
    if file.startswith(_LIBRARY) and not any(mark in file for mark in _PACKAGES):
        return "" if file.startswith(passed_over) else _PYTHON
    folder = max((entry + "/" for entry in sys.path if file.startswith(entry + "/")), key=len, default="")
    return file[len(folder) :].partition("/")[0].removesuffix(".py")


class WatchedSecrets(NodeSecrets):
    """`ctx.secrets`; `asked` hears each name that is looked up, and all of them when they are gone through."""

    def __init__(self, secrets: Mapping[str, Any], asked: Callable[[object, bool], None]) -> None:
        super().__init__(secrets)
        self._asked = asked

    def _ask(self, name: object) -> None:
        self._asked(name, super().__contains__(name))

    def __getitem__(self, name: str) -> Any:
        self._ask(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._ask(name)
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        for name in super().__iter__():
            self._ask(name)
            yield name

    def get(self, name: str, default: Any = None) -> Any:
        self._ask(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self._ask(name)
        return super().pop(name, *default)

    def copy(self) -> dict[str, Any]:
        return dict(self)

    def keys(self) -> Any:
        list(self)
        return super().keys()

    def values(self) -> Any:
        list(self)
        return super().values()

    def items(self) -> Any:
        list(self)
        return super().items()


class _WatchedEnvironment(os._Environ[str]):  # noqa: SLF001 - the class of `os.environ` has no other name
    """`os.environ`: `asked` hears each name and says whether the asker may have what is lent."""

    asked: Callable[[object], bool]
    lent: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        may_have = self.asked(name)
        try:
            return super().__getitem__(name)
        except KeyError:
            if may_have and name in self.lent:
                return self.lent[name]
            raise


def _watch_environment(asked: Callable[[object], bool], lent: Mapping[str, str]) -> None:
    """In place, for others may hold the very object."""
    environment: Any = os.environ
    environment.__class__ = _WatchedEnvironment
    environment.asked, environment.lent = asked, lent
