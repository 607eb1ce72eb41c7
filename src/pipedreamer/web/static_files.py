"""The files that pages ask for, below a path that changes with their content, so that browsers may keep them."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipedreamer.web.headers import STATIC_HEADERS

_FOLDER: Final = Path(__file__).with_name("static")
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_IMPORT: Final = re.compile(r'^(?:import|\} from|export)\b[^"\n]*"(\./[^"]+\.js)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent; `packed` is the same with gzip."""

    content_type: str
    content: bytes
    packed: bytes

    def answer(self, accept_encoding: str) -> tuple[dict[str, str], bytes]:
        """Headers and body for a browser that said `accept_encoding`."""
        headers = {"content-type": self.content_type, **STATIC_HEADERS}
        if "gzip" not in accept_encoding:
            return headers, self.content
        return {**headers, "content-encoding": "gzip"}, self.packed


class StaticFiles:
    """Reads them once; `path` is where they are, relative to the engine's root."""

    def __init__(self) -> None:
        found = sorted(path for path in _FOLDER.rglob("*") if path.suffix in _TYPES)
        self._contents = {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in found}
        self._sent: dict[str, StaticFile] = {}
        digest = hashlib.sha256(b"".join(name.encode() + text for name, text in self._contents.items()))
        self.path = f"static/{digest.hexdigest()[:16]}/"

    def find(self, path: str) -> StaticFile | None:
        """The file at `path`, None where there is none; nothing but the files that were found can be asked for."""
        name = path.removeprefix(self.path)
        if name == path or name not in self._contents:
            return None
        if name not in self._sent:
            content = self._contents[name]
            self._sent[name] = StaticFile(_TYPES[Path(name).suffix], content, gzip.compress(content, mtime=0))
        return self._sent[name]

    def needed(self, name: str) -> list[str]:
        """The modules that `name` imports, and what these import, for the browser to fetch them all at once."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            for imported in _IMPORT.findall(self._contents[waiting.pop()].decode()):
                target = imported.removeprefix("./")
                if target not in found:
                    found[target] = None
                    waiting.append(target)
        return list(found)
