"""Splits a text into words, without regard to case."""

import re
from dataclasses import dataclass

from pipedreamer import Context

# Letters and digits of any script; an apostrophe or hyphen inside belongs to the word.
WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


@dataclass
class Text:
    text: str


async def run(ctx: Context, input: Text) -> dict[str, list[str]]:
    return {"words": WORD.findall(input.text.casefold())}
