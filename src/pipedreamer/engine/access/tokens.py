"""Tokens: what a caller shows, kept and compared as digests, so that neither time nor a traceback tells one."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, Literal

Scope = Literal["read", "run", "admin"]
SCOPES: Final[tuple[Scope, ...]] = ("read", "run", "admin")
"""From the least to the most; each may do what those before it may."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token by its digest; `name` is what people call it."""

    name: str
    scope: Scope
    digest: bytes


def digest_of(text: bytes) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(text).digest()


def find(tokens: tuple[Token, ...], text: bytes) -> Token | None:
    """The token that this text is; takes as long whether there is one or not."""
    digest = digest_of(text)
    found = None
    for token in tokens:
        if hmac.compare_digest(token.digest, digest):
            found = token
    return found


def suffices(scope: Scope, need: Scope) -> bool:
    """Whether who has `scope` may do what `need` is asked for."""
    return SCOPES.index(scope) >= SCOPES.index(need)
