"""What a node says to `ctx.fetch` -> the frame that asks the engine for it."""

from typing import Any, Literal

import orjson

from pipedreamer.authoring import FetchError
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.sandbox.python.attempt import Attempt

_OPTIONS = frozenset({"method", "headers", "body", "json", "timeout", "ca"})


def request_of(
    number: int, attempt: Attempt, target: tuple[Literal["http", "k8s"], str, str], init: dict[str, Any]
) -> Fetch:
    """The frame; FetchError for an unknown option, and for what cannot be sent, which it names."""
    unknown = sorted(set(init) - _OPTIONS)
    if unknown:
        raise FetchError(f"ctx.fetch does not know the option {unknown[0]!r}; it takes {', '.join(sorted(_OPTIONS))}")
    body, body_type = _body(init)
    headers = [_header(name, value) for name, value in dict(init.get("headers") or {}).items()]
    if body_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", body_type))
    timeout, ca = init.get("timeout"), init.get("ca")
    kind, service, path = target
    return Fetch(
        id=number,
        run=attempt.run,
        node=attempt.node,
        kind=kind,
        service=_text(service, "the service's name"),
        path=_text(path, "the URL"),
        method=_text(init.get("method") or ("GET" if body is None else "POST"), "the method").upper(),
        headers=tuple(headers),
        body=body,
        timeout=None if timeout is None else float(timeout),
        ca=None if ca is None else _text(ca, "`ca`"),
    )


def _body(init: dict[str, Any]) -> tuple[bytes | None, str]:
    if "json" in init:
        return _json(init["json"]), "application/json"
    body = init.get("body")
    if body is None:
        return None, ""
    if isinstance(body, str):
        return _text(body, "the body").encode(), "text/plain;charset=UTF-8"
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body), ""
    return _json(body), "application/json"


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise FetchError(f"ctx.fetch: the body cannot be sent as JSON: {error}") from error


def _header(name: object, value: object) -> tuple[str, str]:
    shown = _text(name, "the name of a header")
    return shown, _text(value, f"the header {shown!r}")


def _text(thing: object, part: str) -> str:
    """The thing as text that can be sent; the error does not show it, because it may be a secret."""
    text = str(thing)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FetchError(
            f"ctx.fetch: {part} cannot be sent: its character {error.start + 1} is half of one "
            f"(a lone surrogate, U+{ord(text[error.start]):04X}), as of text that was decoded with `surrogateescape`"
        ) from None
    return text
