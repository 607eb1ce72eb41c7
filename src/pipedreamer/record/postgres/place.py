"""Where a database is, told without the password."""

import re
from typing import Final

from pipedreamer.errors import RecordError

_URL: Final = re.compile(
    r"postgres(?:ql)?://(?:[^:/?#@\s]*(?::[^/?#@\s]*)?@)?(?P<hosts>[\w.,:%\[\]-]*)(?:/(?P<database>[^/?#@]*))?(?:\?[^#@\s]*)?"
)
"""Strict, so that no part of a password with characters of a URL is taken for a host or a database."""


class Place:
    """A URL that is known to be one; shown as host and database alone."""

    def __init__(self, url: str) -> None:
        match = _URL.fullmatch(url)
        if match is None:
            raise RecordError(
                "the record's URL is not of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE; in a password"
                " characters such as / ? # @ : are written %2F %3F %23 %40 %3A"
            )
        self.url = url
        self.database = match["database"] or ""
        self._shown = f"{match['hosts'] or 'its usual place'}{f'/{self.database}' if self.database else ''}"

    def __str__(self) -> str:
        return f"PostgreSQL at {self._shown}"

    __repr__ = __str__
