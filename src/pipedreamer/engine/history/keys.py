"""The key that makes several requests one run (draft-ietf-httpapi-idempotency-key-header)."""

import re
from collections.abc import Mapping
from typing import Final

from pipedreamer.engine.answer import Answer, refusal

KEY: Final = r'^"?[!#-~]([ !#-~]{0,253}[!#-~])?"?$'
"""Of the header; the quotes that the draft asks for are no part of the key."""
_KEY: Final = re.compile(KEY.encode())


def key_of(headers: Mapping[bytes, bytes]) -> str | Answer | None:
    """The key of a request, None for none, or a refusal."""
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        return refusal(400, "an Idempotency-Key is 1 to 255 printable characters of ASCII, in double quotes or without")
    return key.strip(b'"').decode()
