"""Logins of browsers, in memory: a random id in a cookie stands for the token that it was made with."""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pipedreamer.engine.access.tokens import Token, digest_of

LIFETIME_S: Final = 12 * 3600
MOST_OF_A_TOKEN: Final = 64
"""So many logins by one token; the oldest goes for a new one. So nobody can push out another's."""


@dataclass(frozen=True, slots=True)
class _Session:
    token: bytes
    until: float


class Sessions:
    """`clock` gives seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: dict[bytes, _Session] = {}

    def begin(self, token: Token) -> str:
        """A new login's id; only its digest is kept."""
        now = self._clock()
        self._sessions = {key: one for key, one in self._sessions.items() if one.until > now}
        own = [key for key, one in self._sessions.items() if one.token == token.digest]
        if len(own) >= MOST_OF_A_TOKEN:
            del self._sessions[own[0]]
        name = secrets.token_urlsafe(32)
        self._sessions[digest_of(name.encode())] = _Session(token.digest, now + LIFETIME_S)
        return name

    def token(self, name: bytes) -> bytes | None:
        """The digest of the token that a login was made with, None where there is no such login any more."""
        found = self._sessions.get(digest_of(name))
        return found.token if found is not None and found.until > self._clock() else None

    def keep(self, tokens: Iterable[Token]) -> None:
        """Forget the logins of all other tokens."""
        known = {token.digest for token in tokens}
        self._sessions = {key: one for key, one in self._sessions.items() if one.token in known}

    def end(self, name: bytes) -> None:
        """Forget a login."""
        self._sessions.pop(digest_of(name), None)
