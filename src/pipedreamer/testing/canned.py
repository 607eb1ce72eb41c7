"""Answers to `ctx.fetch` and `ctx.k8s.get` as a fixture writes them."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from pipedreamer.errors import FixtureError
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.wording import shown

KEYS: Final = ("status", "json", "body", "base64", "headers", "error")
"""An object with one of these is an answer; every other value is the JSON of a 200."""
_CONTENT: Final = ("json", "body", "base64")
_ITSELF: Final = 'to answer with this JSON itself, write {"json": ...} around it'


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """What one request is answered with; with an `error` there is no answer, and the fetch fails with that text."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str = ""


def read_answers(value: Any, where: str) -> tuple[CannedAnswer, ...]:
    """The answers given in turn, the last one from then on; raises FixtureError, which begins with `where`.

    A list counts as answers when each item is an object with one of `KEYS`; otherwise it is JSON like any other.
    """
    if isinstance(value, list) and value:
        answers = sum(map(_is_answer, value))
        if answers == len(value):
            return tuple(_read(item, f"{where}[{at}]") for at, item in enumerate(value))
        if answers:
            raise FixtureError(f"{where} is a list of which only some items are answers; {_ITSELF}")
    return (_read(value, where),)


def json_answer(value: Any) -> CannedAnswer:
    """A 200 with a JSON body."""
    return CannedAnswer(headers=(("content-type", "application/json"),), body=orjson.dumps(value))


def _is_answer(value: Any) -> bool:
    return isinstance(value, Mapping) and any(key in value for key in KEYS)


def _read(value: Any, where: str) -> CannedAnswer:
    if not _is_answer(value):
        return json_answer(value)
    _check_keys(value, where)
    if "error" in value:
        return CannedAnswer(error=_text(value["error"], "error", where) or "the network failed")
    body, kind = _body(value, where)
    headers = _headers(value.get("headers", {}), where)
    if kind and not any(name.lower() == "content-type" for name, _ in headers):
        headers = (("content-type", kind), *headers)
    return CannedAnswer(_status(value.get("status", 200), where), headers, body)


def _check_keys(value: Mapping[str, Any], where: str) -> None:
    for key in value:
        if key not in KEYS:
            near = Names(KEYS).hint(key)
            raise FixtureError(
                f"{where}: an answer has no {shown(str(key))} ({near + '; ' if near else ''}{_ITSELF}); "
                f"it takes {', '.join(KEYS)}"
            )
    given = [key for key in _CONTENT if key in value]
    if "error" in value and len(value) > 1:
        raise FixtureError(f'{where}: an answer with "error" is a failure of the network and takes nothing beside it')
    if len(given) > 1:
        raise FixtureError(f"{where}: an answer has one body, not {' and '.join(given)}")


def _status(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise FixtureError(f"{where}: status must be a whole number from 200 to 599; {_ITSELF}")
    return value


def _headers(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise FixtureError(f'{where}: headers must be an object such as {{"etag": "abc"}}; {_ITSELF}')
    return tuple((str(name), _text(text, f"the header {shown(str(name))}", where)) for name, text in value.items())


def _body(value: Mapping[str, Any], where: str) -> tuple[bytes, str]:
    if "json" in value:
        return orjson.dumps(value["json"]), "application/json"
    if "body" in value:
        return _text(value["body"], "body", where).encode(), "text/plain; charset=utf-8"
    if "base64" in value:
        try:
            return base64.b64decode(_text(value["base64"], "base64", where), validate=True), "application/octet-stream"
        except binascii.Error as error:
            raise FixtureError(f"{where}: base64 is not base64: {error}") from None
    return b"", ""


def _text(value: Any, what: str, where: str) -> str:
    if not isinstance(value, str):
        raise FixtureError(f"{where}: {what} must be text; {_ITSELF}")
    return value
