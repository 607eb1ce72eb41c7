"""Sales by region."""

from pipedreamer import Context

from .sales import Sale, Total, totals


async def run(ctx: Context, input: list[Sale]) -> list[Total]:
    return totals(input, lambda sale: sale.region)
