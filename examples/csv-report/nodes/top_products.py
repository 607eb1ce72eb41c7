"""The products that brought in most, the best one first."""

from pipedreamer import Context

from .sales import Sale, Total, totals


async def run(ctx: Context, input: list[Sale]) -> list[Total]:
    ranked = sorted(totals(input, lambda sale: sale.product), key=lambda total: -total.amount)
    return ranked[: ctx.config["top"]]
