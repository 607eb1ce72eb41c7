"""Asks every endpoint, several at once. A server that is down is a result, not an error."""

import asyncio
from time import perf_counter

from pipedreamer import Context, FetchError

from .endpoint import Endpoint, Probe


async def run(ctx: Context, input: list[Endpoint]) -> list[Probe]:
    turns = asyncio.Semaphore(ctx.config["at_once"])

    async def in_turn(endpoint: Endpoint) -> Probe:
        async with turns:
            return await ask(ctx, endpoint)

    return await asyncio.gather(*map(in_turn, input))


async def ask(ctx: Context, endpoint: Endpoint) -> Probe:
    """One request. The endpoint's name is the service: a secret of that name is sent along."""
    began = perf_counter()
    try:
        answer = await ctx.fetch(endpoint.name, endpoint.url, timeout=ctx.config["wait_seconds"])
    except FetchError as error:
        return Probe(endpoint.name, endpoint.url, up=False, status=None, latencyMs=None, why=str(error))
    latency = round((perf_counter() - began) * 1000)
    up = answer.ok if endpoint.expect is None else answer.status == endpoint.expect
    wanted = "200 to 299" if endpoint.expect is None else endpoint.expect
    why = None if up else f"answered {answer.status}, expected {wanted}"
    return Probe(endpoint.name, endpoint.url, up=up, status=answer.status, latencyMs=latency, why=why)
