"""What is cheap and what is dear, by Python's own statistics."""

import statistics
from typing import TypedDict

from pipedreamer import Context

from .read import Article


class Statistics(TypedDict):
    articles: int
    medianCents: int
    dearest: str


async def run(ctx: Context, input: list[Article]) -> Statistics:
    return {
        "articles": len(input),
        "medianCents": round(statistics.median(article["cents"] for article in input)),
        "dearest": max(input, key=lambda article: article["cents"])["name"],
    }
