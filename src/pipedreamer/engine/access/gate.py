"""The gate: who calls, by a token in a header or by a login in a cookie, and whether they may.

A cookie is sent by the browser whoever asks, a token is not. So a login counts only for what the engine's own page
asks: its cookie is `SameSite=Strict`, and whatever changes something needs `Origin` or `Sec-Fetch-Site` beside it,
which the guard has compared.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pipedreamer.engine.access.guesses import Guesses
from pipedreamer.engine.access.rules import Need, needed
from pipedreamer.engine.access.sessions import Sessions
from pipedreamer.engine.access.tokens import Scope, Token, find, suffices
from pipedreamer.engine.answer import Answer, Header, refusal

CHALLENGE: Final[Header] = (b"www-authenticate", b"Bearer")
_HOW: Final = "send one as `Pipedreamer-Token: TOKEN` or `Authorization: Bearer TOKEN`"
NONE: Final = refusal(401, f"this engine asks for a token; {_HOW}", CHALLENGE)
UNKNOWN: Final = refusal(401, f"this engine does not know that token; {_HOW}", CHALLENGE)
UNPROVEN: Final = refusal(
    403, "a login counts only on the engine's own page: Origin or Sec-Fetch-Site is missing; send a token in a header"
)


class Gate:
    """Lets in who has a token of those that `tokens` gives; `opens_run` lets everybody run the workflow."""

    def __init__(
        self,
        workflow: str,
        tokens: Callable[[], tuple[Token, ...]],
        *,
        opens_run: bool = False,
        sessions: Sessions | None = None,
        guesses: Guesses | None = None,
    ) -> None:
        self.cookie = f"pipedreamer-{workflow}".encode()
        self.sessions = sessions or Sessions()
        self._tokens = tokens
        self._opens_run = opens_run
        self._guesses = guesses or Guesses()

    def refuse(self, method: str, path: str, headers: Mapping[bytes, bytes], is_there: bool) -> Answer | None:
        """401 or 403 for who may not do this, or None; who may read is told that a path or method is not there."""
        need = self.need(method, path) if is_there else "read"
        if need == "nothing":
            return None
        by_header = self.by_header(headers)
        caller = by_header or self._by_cookie(headers)
        if caller is None:
            return NONE if _shown(headers) is None else UNKNOWN
        if not suffices(caller.scope, need):
            return refusal(403, f"this takes a token of the scope {need}; {caller.name} has {caller.scope}")
        return UNPROVEN if by_header is None and need != "read" and not is_of_the_page(headers) else None

    def need(self, method: str, path: str) -> Need:
        """What a route takes."""
        return "nothing" if self._opens_run and path == "/run" else needed(method, path)

    def end_logins(self) -> None:
        """Forget the logins of tokens that are gone: they do not come back with them."""
        self.sessions.keep(self._tokens())

    def scope(self, headers: Mapping[bytes, bytes]) -> Scope | None:
        """What the caller may do, None for nobody that is known."""
        caller = self.by_header(headers) or self._by_cookie(headers)
        return caller.scope if caller else None

    def vouch(self, headers: Mapping[bytes, bytes], refused: Answer) -> Answer | None:
        """What becomes of a request by a name that the guard does not know: a token makes up for that."""
        if _shown(headers) is None:
            return refused
        return None if self.by_header(headers) else UNKNOWN

    def knows(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the caller is known, where nobody needs to be; a token that is not is counted here, too."""
        known = self.scope(headers) is not None
        if not known and _shown(headers) is not None:
            self._guesses.another()
        return known

    def by_header(self, headers: Mapping[bytes, bytes]) -> Token | None:
        """The token that a header shows, where it is one."""
        text = _shown(headers)
        return find(self._tokens(), text) if text is not None else None

    def counted(self, answer: Answer) -> Answer:
        """The answer to send: the same, or 429 where too many unknown tokens came in."""
        if answer is not UNKNOWN or not (seconds := self._guesses.another()):
            return answer
        return too_many(seconds)

    def try_token(self, text: bytes) -> Token | Answer:
        """The token that somebody types in, or the answer that it is none."""
        return find(self._tokens(), text) or self.counted(UNKNOWN)

    def session_name(self, headers: Mapping[bytes, bytes]) -> bytes | None:
        """The id in the cookie."""
        for part in headers.get(b"cookie", b"").split(b";"):
            name, _, value = part.strip().partition(b"=")
            if name == self.cookie:
                return value
        return None

    def _by_cookie(self, headers: Mapping[bytes, bytes]) -> Token | None:
        name = self.session_name(headers)
        digest = self.sessions.token(name) if name else None
        return next((token for token in self._tokens() if token.digest == digest), None)


def too_many(seconds: int) -> Answer:
    """Too many unknown tokens."""
    again = (b"retry-after", b"%d" % seconds)
    return refusal(429, "too many unknown tokens came in; try again later, or send one that this engine knows", again)


def is_of_the_page(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser says that the engine's own page asks; the guard has refused other origins."""
    return b"origin" in headers or headers.get(b"sec-fetch-site", b"").lower() == b"same-origin"


def _shown(headers: Mapping[bytes, bytes]) -> bytes | None:
    text = headers.get(b"pipedreamer-token")
    if text is not None:
        return text.strip()
    kind, _, text = headers.get(b"authorization", b"").strip().partition(b" ")
    return text.strip() if kind.lower() == b"bearer" else None
