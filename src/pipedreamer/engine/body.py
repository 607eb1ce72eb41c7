"""The body of a request, within its limit, and the workflow's input that it stands for.

JSON is handed on as it came. Anything else becomes a JSON object with its content type: `{"contentType", "body"}` for
text, `{"contentType", "bodyBase64"}` for what is not.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import orjson

from pipedreamer.engine.answer import Answer, Receive, refusal
from pipedreamer.runtime.json_input import parse_json

FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = frozenset({FORM, "application/xml", "application/yaml", "application/x-ndjson", "application/javascript"})
CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "utf-16"})
"""What a text may be written in; others are passed on as base64, and the node decodes them."""


class Input(msgspec.Struct, frozen=True):
    """A run's input: its JSON text, and the same as a value."""

    json: bytes
    value: Any


EMPTY: Final = Input(b"{}", {})


def refuse_body(headers: Mapping[bytes, bytes], limit: int) -> Answer | None:
    """The refusal of a body that its headers already rule out, before a byte of it is read."""
    length = headers.get(b"content-length")
    if length is not None and int(length) > limit:
        return too_large(limit)
    coding = headers.get(b"content-encoding")
    if coding is not None and coding.lower() != b"identity":
        return refusal(415, f"a body with Content-Encoding {coding.decode('latin-1')!r} is not read; send it as it is")
    return None


def too_large(limit: int) -> Answer:
    """The refusal of a body above `limit` bytes."""
    return refusal(413, f"the body is larger than {limit} bytes; send less, or serve with a higher --max-body")


async def read_body(receive: Receive, limit: int) -> bytes | Answer | None:
    """The whole body, or the refusal of one above `limit` bytes, or None when the caller has gone away."""
    message = await receive()
    if message["type"] != "http.request":
        return None
    body: bytes = message["body"]
    if not message["more_body"]:
        return body if len(body) <= limit else too_large(limit)
    parts = [body]
    size = len(body)
    while message["more_body"]:
        if size > limit:
            return too_large(limit)
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message["body"])
        size += len(parts[-1])
    return b"".join(parts) if size <= limit else too_large(limit)


def read_input(body: bytes, content_type: bytes | None) -> Input | Answer:
    """The input that `body` stands for, by its content type; a body that says JSON and is not is refused."""
    if not body:
        return EMPTY
    if content_type is None or content_type == b"application/json":
        return _json(body)
    written = content_type.decode("latin-1")
    media, _, parameters = written.partition(";")
    media = media.strip().lower()
    if media in ("", "application/json", "text/json") or media.endswith("+json"):
        return _json(body)
    if media == FORM:
        return _form(body, written)
    return _wrapped(body, written, media, parameters)


def _json(body: bytes) -> Input | Answer:
    if not body.strip():
        return EMPTY
    try:
        return Input(body, parse_json(body))
    except ValueError as error:
        return refusal(400, f"the body is not JSON: {error}; correct it, or say what it is in Content-Type")


def _form(body: bytes, content_type: str) -> Input | Answer:
    """What `curl -d` sends: JSON when it looks like JSON, though curl calls it a form; else the form as text."""
    parsed = _json(body)
    if isinstance(parsed, Input) or body.lstrip()[:1] in (b"{", b"["):
        return parsed
    return _wrapped(body, content_type, FORM, "")


def _wrapped(body: bytes, content_type: str, media: str, parameters: str) -> Input:
    value = {"contentType": content_type}
    text = None
    if media in TEXT or media.startswith("text/") or media.endswith("+xml"):
        text = _decoded(body, parameters)
    if text is None:
        value["bodyBase64"] = base64.b64encode(body).decode()
    else:
        value["body"] = text
    return Input(orjson.dumps(value), value)


def _decoded(body: bytes, parameters: str) -> str | None:
    charset = "utf-8"
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    if charset not in CHARSETS:
        return None
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None
