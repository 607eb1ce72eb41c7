"""An error's text in parts, its places in files set apart; `static/inspector.js` does the same."""

import re
from typing import Final

_PLACE: Final = re.compile(r"((?:[\w.-]{1,100}/){0,20}[\w.-]{1,100}\.(?:py|ts|js|mjs|yaml):\d{1,7}(?::\d{1,7})?)")


def parts(text: str) -> list[tuple[str, bool]]:
    """The text in order, each part with whether it is a place such as `nodes/fetch.py:12`."""
    return [(part, index % 2 == 1) for index, part in enumerate(_PLACE.split(text)) if part]
