"""File reads answered by a test fixture: a path that the fixture names is read from a copy of its own.

Only `pipedreamer test` sends such files. It covers what goes through `open`, `pathlib` and `os.stat`, which is how
in-cluster nodes look at their service account.
"""

import builtins
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_real_open = io.open
_real_os_open = os.open
_real_stat = os.stat


class Redirect:
    """The files of the fixture that is running, as copies in a folder of their own."""

    def __init__(self) -> None:
        self._copies: dict[str, str] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def replace(self, files: dict[str, str]) -> None:
        """Answer reads of these paths, and of no others any more."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self._copies = {}
        if files:
            self._folder = tempfile.TemporaryDirectory(prefix="fixture-")
            for number, (path, content) in enumerate(files.items()):
                copy = Path(self._folder.name) / str(number)
                copy.write_text(content)
                self._copies[os.path.abspath(path)] = str(copy)  # noqa: PTH100 - links stay as they are
            self._install()

    def _install(self) -> None:
        opened = self._redirecting(_real_open)
        builtins.open = io.open = opened
        os.open = self._redirecting(_real_os_open)
        os.stat = self._redirecting(_real_stat)

    def _redirecting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def redirected(path: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(path, str | os.PathLike):
                copy = self._copies.get(os.path.abspath(os.fspath(path)))  # noqa: PTH100 - the same
                if copy is not None:
                    sys.audit("pipedreamer.redirect", path)
                    path = copy
            return real(path, *arguments, **options)

        return redirected
