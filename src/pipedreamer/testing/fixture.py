"""A fixture file: what a node is given, and what should come out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import orjson

from pipedreamer.errors import FixtureError
from pipedreamer.runtime.json_input import parse_json
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.wording import shown
from pipedreamer.testing import mocks
from pipedreamer.testing.absence import ABSENT
from pipedreamer.testing.mocks import Mocks, input_text, read_mocks

FIXTURES: Final = Path("tests", "fixtures")
KEYS: Final = ("input", "expected", *mocks.KEYS)
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Fixture:
    """One test: `input` is JSON text, `expected` a value or `ABSENT` where the node must only not raise."""

    name: str
    input: bytes
    expected: Any
    mocks: Mocks

    @property
    def is_faked(self) -> bool:
        """Whether what is expected depends on something that only a mock gives."""
        return self.mocks != Mocks()

    def without_expectation(self) -> Self:
        """The same, where the node must only not raise."""
        return replace(self, expected=ABSENT)


def read_fixture(path: Path) -> Fixture:
    """Read and check a fixture file; raises FixtureError: the file, where in it, what is wrong."""
    value = _parse(_content(path), path)
    if not isinstance(value, dict):
        raise FixtureError(f'{path}: a fixture is an object such as {{"input": {{}}, "expected": {{}}}}')
    for key in value:
        if key not in KEYS:
            near = Names(KEYS).hint(key) or f"a fixture has {', '.join(KEYS)}"
            raise FixtureError(f"{path}: unknown key {shown(key)} ({near})")
    return Fixture(
        name=path.name,
        input=input_text(value.get("input", {}), str(path)),
        expected=value.get("expected", ABSENT),
        mocks=read_mocks(value, str(path)),
    )


def fixture_files(folder: Path) -> tuple[Path, ...]:
    """The fixture files of a workflow's folder, by name; those that begin with a dot are passed over."""
    place = folder / FIXTURES
    try:
        names = sorted(entry.name for entry in place.iterdir())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise FixtureError(f"{place}: cannot be read: {error.strerror}") from error
    return tuple(place / name for name in names if name.endswith(".json") and not name.startswith("."))


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise FixtureError(f"{path}: is not a regular file")
        return path.read_bytes().removeprefix(_BOM)
    except OSError as error:
        raise FixtureError(f"{path}: cannot be read: {error.strerror}") from error


def _parse(content: bytes, path: Path) -> Any:
    try:
        value = parse_json(content)
        json.loads(content, object_pairs_hook=lambda pairs: _unique(pairs, path))
    except orjson.JSONDecodeError as error:
        raise FixtureError(f"{path}:{error.lineno}:{error.colno}: is not JSON: {error.msg}") from None
    except RecursionError:
        raise FixtureError(f"{path}: nests too deep") from None
    except ValueError as error:
        raise FixtureError(f"{path}: {error}") from None
    return value


def _unique(pairs: list[tuple[str, Any]], path: Path) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(_repeated(pairs))
        raise FixtureError(f"{path}: the key {shown(twice)} stands twice in one object; only the last would count")
    return found


def _repeated(pairs: list[tuple[str, Any]]) -> Iterator[str]:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            yield key
        seen.add(key)
