"""Reads the price list: amounts as whole cents, which are exact in every language."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict

from pipedreamer import Context


class Article(TypedDict):
    article: str
    name: str
    cents: int


def run(ctx: Context, input: Any) -> list[Article]:
    with Path("data/prices.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    ctx.log.info(f"{len(rows)} articles")
    # Article numbers are text: from 2^53 on JavaScript has no room for them, and nobody reckons with them.
    return [{"article": row["article"], "name": row["name"], "cents": int(Decimal(row["price"]) * 100)} for row in rows]
