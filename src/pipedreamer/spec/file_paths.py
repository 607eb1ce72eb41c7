"""Paths of files inside the workflow folder, as workflow.yaml names them."""

import posixpath
from collections.abc import Iterator
from typing import Final

from pipedreamer.spec.findings import Fault

NODE_ENDINGS: Final = (".py", ".ts")
SCHEMA_ENDINGS: Final = (".json", ".yaml", ".yml")


def node_path(text: str) -> Iterator[Fault]:
    """What is wrong with the path of a node's code."""
    return _path(text, NODE_ENDINGS, "nodes/fetch.py")


def schema_path(text: str) -> Iterator[Fault]:
    """What is wrong with the path of a JSON Schema."""
    return _path(text, SCHEMA_ENDINGS, "input.schema.json")


def inside(path: str) -> str:
    """A path that is known to be right, without `./` and doubled slashes."""
    return posixpath.normpath(path)


def _path(text: str, endings: tuple[str, ...], example: str) -> Iterator[Fault]:
    relative = f"write a path inside the workflow folder, for example {example}"
    parts = text.split("/")
    if not text.strip():
        yield Fault("is empty", relative)
    elif text.startswith("/") or ".." in parts:
        yield Fault("leaves the workflow folder", relative)
    elif "\\" in text:
        yield Fault("leaves the workflow folder: a backslash is no separator here", "write " + text.replace("\\", "/"))
    elif not text.isprintable():
        yield Fault("leaves the workflow folder: it holds a control character", relative)
    elif any(part.startswith(".") and part != "." for part in parts):
        yield Fault("names a file or folder that begins with a dot; nodes cannot read such files", relative)
    elif not text.endswith(endings):
        yield Fault(f"must end in {' or '.join(endings)}", f"for example {example}")
