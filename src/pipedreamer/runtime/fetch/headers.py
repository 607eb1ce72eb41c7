"""The headers of a fetch: what a node may set, and what the secrets add."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pipedreamer.authoring import FetchError
from pipedreamer.version import __version__

Headers = tuple[tuple[str, str], ...]

CREDENTIALS: Final = frozenset({"authorization", "cookie", "x-api-key"})
"""Never sent on to another origin."""

_OURS: Final = frozenset({"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding"})
"""About the connection, which is not the node's: passed over, as browsers do."""

_METHOD_OVERRIDES: Final = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_METHODS_THAT_ECHO = re.compile(r"\b(connect|trace|track)\b", re.IGNORECASE)
"""Their answers show what was sent, credentials too (https://fetch.spec.whatwg.org/#forbidden-request-header)."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def checked(headers: Headers, host: str) -> Headers:
    """What is sent of the headers that a node set; raises FetchError for what it may not set or HTTP cannot carry."""
    kept = []
    for name, value in headers:
        lower = name.lower()
        if not _TOKEN.fullmatch(name):
            raise FetchError("a header's name may hold only letters, digits and -")
        if _CONTROL.search(value) or not _fits_latin1(value):
            raise FetchError(f"the header {name} holds a line break or another character that headers cannot carry")
        if lower in {"upgrade", "http2-settings"} or lower.startswith("proxy-"):
            raise FetchError(f"the header {name} cannot be set")
        if lower in _METHOD_OVERRIDES and _METHODS_THAT_ECHO.search(value):
            raise FetchError(f"the header {name} cannot ask for this method")
        if lower == "host" and value.strip().lower() != host:
            raise FetchError("the header Host cannot be set: it is the URL's")
        if lower != "host" and lower not in _OURS:
            kept.append((name, value.strip()))
    return tuple(kept)


def with_auth(headers: Headers, service: str, secret: Any, userinfo: str | None) -> Headers:
    """The headers and what proves who we are; a header that the node set itself wins.

    `secret` is `secrets[service]`: its `token` becomes `Authorization: Bearer`, its `api_key` becomes `X-API-Key`.
    `userinfo`, from the URL, is a ready `Basic` value and wins over a token.
    """
    added = []
    if userinfo is not None:
        added.append(("Authorization", userinfo))
    if isinstance(secret, dict):
        for key, name, prefix in (("token", "Authorization", "Bearer "), ("api_key", "X-API-Key", "")):
            value = _text(secret.get(key), f"{service}.{key}")
            if value and not has(added, name):
                added.append((name, prefix + value))
    return (*headers, *(header for header in added if not has(headers, header[0])))


def with_defaults(headers: Headers) -> Headers:
    """The headers and what every request should have."""
    defaults = (
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate"),
        ("User-Agent", f"pipedreamer/{__version__}"),
    )
    return (*headers, *(default for default in defaults if not has(headers, default[0])))


def without(headers: Headers, names: Iterable[str]) -> Headers:
    """The headers without those of these lower-case names."""
    left_out = frozenset(names)
    return tuple(header for header in headers if header[0].lower() not in left_out)


def has(headers: Iterable[tuple[str, str]], name: str) -> bool:
    """Whether a header of this name, in any case, is there."""
    return any(one.lower() == name.lower() for one, _ in headers)


def _text(value: Any, name: str) -> str:
    if value is None or isinstance(value, bool | dict | list):
        return ""
    text = str(value).strip()
    if _CONTROL.search(text) or not _fits_latin1(text):
        raise FetchError(f"the secret {name} holds a line break or another character that headers cannot carry")
    return text


def _fits_latin1(text: str) -> bool:
    return all(letter <= "\xff" for letter in text)
