"""Logging in and out on the page: a form with a token, answered with a cookie."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import parse_qs, quote

from pipedreamer.engine.access.gate import UNPROVEN, Gate, is_of_the_page
from pipedreamer.engine.access.sessions import LIFETIME_S
from pipedreamer.engine.answer import Answer, Header, Receive
from pipedreamer.engine.body import read_body

LARGEST_FORM: Final = 8 * 1024
_WRONG: Final = "The engine does not know that token. Look whether all of it was copied."
_PLACE: Final = re.compile(r"(?:runs(?:/[0-9a-zA-Z_-]{1,64})?)?(?:\?[\w.~%&=+:,*-]{0,2000})?", re.ASCII)
_NO_STORE: Final[Header] = (b"cache-control", b"no-store")

Show = Callable[[str, str, int], Awaitable[Answer]]
"""The form with a message, where to go after it, and a status."""


class Login:
    """`/login` and `/logout`.

    The cookie names no path, so that a browser takes the one that it sees `login` in, also behind a proxy.
    """

    def __init__(self, gate: Gate, show: Show) -> None:
        self._gate = gate
        self._show = show

    async def answer(
        self, method: str, path: str, query: bytes, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Answer | None:
        """The form, or what sending it leads to; None where the caller went away."""
        if method != "POST":
            return await self._show("", _place(parse_qs(query.decode("latin-1"))), 200)
        if not is_of_the_page(headers):
            return UNPROVEN
        body = await read_body(receive, LARGEST_FORM)
        if not isinstance(body, bytes):
            return body
        if path == "/logout":
            return self._leave(headers)
        form = parse_qs(body.decode("latin-1"))
        return await self._enter(form, _place(form), headers)

    async def _enter(self, form: Mapping[str, list[str]], place: str, headers: Mapping[bytes, bytes]) -> Answer:
        text = form.get("token", [""])[-1].strip()
        found = self._gate.try_token(text.encode())
        if isinstance(found, Answer):
            shown = await self._show(_WRONG, place, found.status)
            return Answer(found.status, (*shown.headers, *found.headers[1:]), shown.body)
        return self._moved(f"./{place}", self._gate.sessions.begin(found), LIFETIME_S, headers)

    def _leave(self, headers: Mapping[bytes, bytes]) -> Answer:
        name = self._gate.session_name(headers)
        if name:
            self._gate.sessions.end(name)
        return self._moved("./login", "", 0, headers)

    def _moved(self, to: str, name: str, seconds: int, headers: Mapping[bytes, bytes]) -> Answer:
        secure = b"; Secure" if headers.get(b"x-forwarded-proto", b"").strip().lower() == b"https" else b""
        cookie = b"%b=%b; Max-Age=%d; HttpOnly; SameSite=Strict%b" % (self._gate.cookie, name.encode(), seconds, secure)
        return Answer(303, ((b"location", to.encode()), (b"set-cookie", cookie), _NO_STORE), b"")


def to_login(path: str, query: bytes) -> Answer:
    """Leads a browser to the form, and after it back to this page; relative, for proxies that take a prefix away."""
    place = path.lstrip("/") + (f"?{query.decode('latin-1')}" if query else "")
    base = "../" * path.lstrip("/").count("/") or "./"
    there = f"{base}login?next={quote(place, safe='')}" if place else f"{base}login"
    return Answer(303, ((b"location", there.encode()), _NO_STORE), b"")


def _place(given: Mapping[str, list[str]]) -> str:
    """A place of the page, relative to the engine's root; "" for whatever is not one."""
    place = given.get("next", [""])[-1]
    return place if _PLACE.fullmatch(place) else ""
