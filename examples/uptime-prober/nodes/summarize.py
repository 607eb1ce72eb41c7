"""What a person wants to know first: is everything up, and if not, what is down and why."""

from typing import TypedDict

from pipedreamer import Context

from .endpoint import Probe


class Summary(TypedDict):
    allUp: bool
    up: int
    down: list[str]
    slowest: str | None
    text: str


async def run(ctx: Context, input: list[Probe]) -> Summary:
    down = [probe for probe in input if not probe.up]
    for probe in down:
        ctx.log.warn(f"{probe.name} is down: {probe.why}")
    answered = [probe for probe in input if probe.latencyMs is not None]
    slowest = max(answered, key=lambda probe: probe.latencyMs or 0, default=None)
    up = len(input) - len(down)
    return {
        "allUp": not down,
        "up": up,
        "down": [probe.name for probe in down],
        "slowest": slowest.name if slowest else None,
        "text": "\n".join([f"{up} of {len(input)} up", *(f"- {probe.name}: {probe.why}" for probe in down)]),
    }
