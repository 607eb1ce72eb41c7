"""Tokens as they are written down: a folder with a file a token, or one file of YAML or JSON.

A folder, for example a mounted Secret: the names are `SCOPE` or `NAME.SCOPE`, the content is the token. A file:
`{NAME: {token: TEXT, scope: SCOPE}}`. No error quotes a token.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipedreamer.engine.access.tokens import SCOPES, Scope, Token, digest_of
from pipedreamer.errors import SettingsError
from pipedreamer.runtime.mounted import Fingerprint, fingerprint, read_file, read_folder
from pipedreamer.runtime.secret_yaml import read_secret_yaml

SHORTEST: Final = 16
"""In characters; `pipedreamer token` makes 43."""
_TEXT: Final = re.compile(r"[\x21-\x7e]+")


def read_tokens(path: Path, refused: Callable[[SettingsError], None] | None = None) -> tuple[Token, ...]:
    """All tokens at `path`; raises SettingsError for one that is too short, written twice, or without a scope.

    With `refused` such a token alone is left out, and that hears why.
    """
    entries = _in_folder(path) if path.is_dir() else _in_file(path)
    tokens: dict[bytes, Token] = {}
    for place, name, scope, text in entries:
        try:
            token = _token(place, name, scope, text, tokens)
        except SettingsError as error:
            if refused is None:
                raise
            refused(error)
            continue
        tokens[token.digest] = token
    return tuple(tokens.values())


class TokenWatch:
    """The tokens at a place, read again when they change; somebody calls `poll` now and then.

    Raises SettingsError where they cannot be read at first, or there are none. Later one that is wrong is left out, and
    where the place cannot be read the old ones stay; `warn` hears of each problem once, and `failures` counts such
    polls. That there are none any more is taken up: nobody gets in.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        self._said = ""
        self.failures = 0
        self._seen = fingerprint((path,))
        self.current = read_tokens(path)
        if not self.current:
            raise SettingsError(f"{path}: holds no token; `pipedreamer token` makes one")

    def poll(self) -> None:
        """Take up what has changed."""
        seen: Fingerprint = fingerprint((self._path,))
        if seen == self._seen:
            return
        problems: list[SettingsError] = []
        try:
            tokens = read_tokens(self._path, problems.append)
        except SettingsError as error:
            self.failures += 1
            self._say(f"{error}; the tokens read before stay in use")
            return
        if fingerprint((self._path,)) != seen:
            return  # it is being swapped: next time
        self._seen, self.current = seen, tokens
        self.failures += bool(problems)
        wrong = f"{problems[0]}; it lets nobody in" if problems else ""
        self._say(wrong if tokens else f"{self._path}: holds no token any more; nobody gets in")

    def _say(self, problem: str) -> None:
        if problem and problem != self._said:
            self._warn(problem)
        self._said = problem


def _token(place: str, name: str, scope: object, text: str, others: Mapping[bytes, Token]) -> Token:
    _check(place, text)
    token = Token(name, _scope(place, scope), digest_of(text.encode()))
    if token.digest in others:
        raise SettingsError(f"{place}: is the same token as {others[token.digest].name}; make another one")
    return token


def _in_folder(path: Path) -> Iterator[tuple[str, str, object, str]]:
    folder = read_folder(path)
    for name, data in folder.files.items() if folder else ():
        place = f"{path / name}"
        called, _, scope = name.rpartition(".")
        yield place, called or name, scope, data.decode("utf-8-sig", "replace").strip()


def _in_file(path: Path) -> Iterator[tuple[str, str, object, str]]:
    data = read_file(path)
    if data is None:
        raise SettingsError(f"{path}: there is no such file or folder (it was given as the place of the tokens)")
    entries: Any = read_secret_yaml(data, str(path)) or {}
    if not isinstance(entries, dict):
        raise SettingsError(f"{path}: must be a mapping of names to tokens: {{ada: {{token: ..., scope: run}}}}")
    for name, entry in entries.items():
        place = f"{path}: {name}"
        if not isinstance(entry, dict) or set(entry) != {"token", "scope"}:
            raise SettingsError(f"{place}: must have token and scope, and nothing else")
        yield place, name, entry["scope"], str(entry["token"])


def _scope(place: str, text: object) -> Scope:
    for scope in SCOPES:
        if scope == text:
            return scope
    raise SettingsError(f"{place}: has no scope; it must be one of {', '.join(SCOPES)} (a file: NAME.SCOPE)")


def _check(place: str, text: str) -> None:
    if len(text) < SHORTEST:
        raise SettingsError(
            f"{place}: is shorter than {SHORTEST} characters and could be guessed; `pipedreamer token` makes one"
        )
    if not _TEXT.fullmatch(text):
        raise SettingsError(f"{place}: holds blanks or characters beyond ASCII; `pipedreamer token` makes one without")
