"""Counts words; those that are equally frequent stand in the order of the alphabet."""

from collections import Counter
from dataclasses import dataclass
from typing import TypedDict

from pipedreamer import Context


@dataclass
class Tokens:
    words: list[str]


class Count(TypedDict):
    word: str
    count: int


class Report(TypedDict):
    totalWords: int
    uniqueWords: int
    top: list[Count]


async def run(ctx: Context, input: Tokens) -> Report:
    counts = Counter(input.words)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {
        "totalWords": counts.total(),
        "uniqueWords": len(counts),
        "top": [{"word": word, "count": count} for word, count in ranked[: ctx.config["top"]]],
    }
