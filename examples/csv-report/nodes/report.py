"""Puts the three lists into one report, as data and as text."""

import msgspec

from pipedreamer import Context

from .sales import Total


class Parts(msgspec.Struct, rename="kebab"):
    """A node with several parents gets an object with their ids as keys: `by-region` and so on."""

    by_region: list[Total]
    by_month: list[Total]
    top_products: list[Total]


class Report(msgspec.Struct):
    """Amounts are in cents."""

    total: int
    regions: list[Total]
    months: list[Total]
    products: list[Total]
    text: str


async def run(ctx: Context, input: Parts) -> Report:
    total = sum(part.amount for part in input.by_region)
    lines = [
        *section("By region", input.by_region),
        *section("By month", input.by_month),
        *section("Top products", input.top_products),
        row("Total", money(total)),
    ]
    return Report(total, input.by_region, input.by_month, input.top_products, "\n".join(lines))


def section(title: str, parts: list[Total]) -> list[str]:
    """A heading and a line for each total."""
    return [title, *(row(f"  {part.name}", money(part.amount)) for part in parts), ""]


def row(name: str, amount: str) -> str:
    """Names to the left, amounts to the right."""
    return f"{name:<20}{amount:>12}"


def money(cents: int) -> str:
    """1234567 becomes 12,345.67."""
    return f"{cents // 100:,}.{cents % 100:02}"
