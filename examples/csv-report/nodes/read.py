"""Reads the file of sales. A plain function: it may block, and runs in a thread."""

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from pipedreamer import Context

from .sales import Sale

COLUMNS = ["date", "region", "product", "units", "unit_price"]


class Span(msgspec.Struct, forbid_unknown_fields=True):
    """From which day to which, both included."""

    since: str = "0000-00-00"
    until: str = "9999-99-99"


def run(ctx: Context, input: Span) -> list[Sale]:
    path = Path(ctx.config["file"])  # relative to the workflow's folder, which is the working directory
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != COLUMNS:
            raise ValueError(f"{path}:1: the columns must be {', '.join(COLUMNS)}")
        sales = [read_row(row, f"{path}:{rows.line_num}") for row in rows]
    wanted = [sale for sale in sales if input.since <= sale.date <= input.until]
    ctx.log.info(f"{path}: {len(wanted)} of {len(sales)} sales")
    return wanted


def read_row(row: dict[str, str], place: str) -> Sale:
    """A row of the file; ValueError names the line and what is wrong with it."""
    try:
        units, price = int(row["units"]), Decimal(row["unit_price"])
    except (ValueError, InvalidOperation, TypeError):
        raise ValueError(f"{place}: units and unit_price must be numbers") from None
    return Sale(row["date"], row["region"], row["product"], units, int(units * price * 100))
