"""The token that a command shows to an engine: out of a file or the environment, never out of the command line."""

import os
from pathlib import Path

from pipedreamer.errors import UsageError


def shown_token(file: Path | None) -> str | None:
    """The token, None where none is given."""
    if file is None and not os.environ.get("PIPEDREAMER_TOKEN"):
        return None
    place = "PIPEDREAMER_TOKEN" if file is None else str(file)
    token = (os.environ[place] if file is None else file.read_text("utf-8-sig", "replace")).strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise UsageError(f"{place}: must hold a token and nothing else; `pipedreamer token` makes one")
    return token
