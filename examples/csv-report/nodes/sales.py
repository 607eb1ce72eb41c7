"""One sale, and how sales are added up. Money is whole cents, so that no sum is off by a rounding."""

from collections.abc import Callable, Iterable

import msgspec


class Sale(msgspec.Struct):
    """`date` is YYYY-MM-DD, `amount` is in cents."""

    date: str
    region: str
    product: str
    units: int
    amount: int


class Total(msgspec.Struct):
    """What was sold under one name."""

    name: str
    units: int
    amount: int


def totals(sales: Iterable[Sale], name_of: Callable[[Sale], str]) -> list[Total]:
    """A total for each name, in the order of the names."""
    found: dict[str, Total] = {}
    for sale in sales:
        total = found.setdefault(name_of(sale), Total(name_of(sale), 0, 0))
        total.units += sale.units
        total.amount += sale.amount
    return [found[name] for name in sorted(found)]
