"""Greets whoever the input names."""

from dataclasses import dataclass

from pipedreamer import Context


@dataclass
class Person:
    name: str = "world"


async def run(ctx: Context, input: Person) -> dict[str, str]:
    ctx.log.info(f"greeting {input.name}")
    return {"greeting": f"Hello, {input.name}!"}
