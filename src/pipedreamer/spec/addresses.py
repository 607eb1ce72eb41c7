"""Where triggers listen: NATS subjects and webhook paths."""

import re
from collections.abc import Iterator
from typing import Final

from pipedreamer.spec.findings import Fault

_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")  # RFC 3986, section 3.3


def subject(text: str) -> Iterator[Fault]:
    """What is wrong with a NATS subject: tokens between dots; `*` is one token, `>` the whole rest."""
    tokens = text.split(".")
    example = "for example orders.created or orders.>"
    if not text.isprintable() or " " in text:
        yield Fault("holds a space or a control character", example)
    elif "" in tokens:
        yield Fault("has an empty token", example)
    elif any(("*" in token or ">" in token) and len(token) > 1 for token in tokens):
        yield Fault("has a wildcard that is not a token of its own", example)
    elif ">" in tokens[:-1]:
        yield Fault("has a > that is not its last token", example)


def webhook_path(text: str) -> Iterator[Fault]:
    """What is wrong with the path that a webhook is called at."""
    if not text.startswith("/"):
        yield Fault("must begin with /", f"write /{text}" if _PATH.fullmatch("/" + text) else "for example /github")
    elif not _PATH.fullmatch(text) or ".." in text.split("/"):
        yield Fault("is not a path of a URL", "for example /github; no query, no spaces, no ..")
