"""What a test puts around a node in place of the real thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

import orjson

from pipedreamer.errors import FixtureError
from pipedreamer.spec.wording import shown
from pipedreamer.testing.routes import Route, cluster_routes, http_routes


class Given(TypedDict, total=False):
    """What a node finds around it, in the form that fixture files have (`docs/testing.md`).

    `config` is laid over the workflow's own; `fetch` and `k8s` map requests to answers, `files` paths to text.
    """

    config: Mapping[str, Any]
    secrets: Mapping[str, Any]
    fetch: Mapping[str, Any]
    files: Mapping[str, str]
    k8s: Mapping[str, Any]


KEYS: Final = tuple(Given.__annotations__)


@dataclass(frozen=True, slots=True)
class Mocks:
    """The same, checked."""

    config: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    fetch: tuple[Route, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    k8s: tuple[Route, ...] = ()


def read_mocks(given: Mapping[str, Any], where: str) -> Mocks:
    """Check what a fixture or a caller gives; raises FixtureError, which begins with `where`."""
    for key in KEYS:
        if not isinstance(given.get(key, {}), Mapping):
            raise FixtureError(f'{where}: "{key}" must be an object, not {_kind(given[key])}')
    files = given.get("files", {})
    for path, content in files.items():
        if not isinstance(content, str):
            raise FixtureError(f"{where}: files {shown(str(path))} must be the text of the file, not {_kind(content)}")
        if not path or "\0" in path:
            raise FixtureError(f"{where}: files {shown(str(path))} is not a path")
    return Mocks(
        config=dict(given.get("config", {})),
        secrets=dict(given.get("secrets", {})),
        fetch=http_routes(given.get("fetch", {}), where),
        files=dict(files),
        k8s=cluster_routes(given.get("k8s", {}), where),
    )


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def input_text(value: Any, where: str) -> bytes:
    """A value as the JSON text that goes to a node; raises FixtureError where it is none."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise FixtureError(f"{where}: the input cannot be written as JSON: {error}") from error
