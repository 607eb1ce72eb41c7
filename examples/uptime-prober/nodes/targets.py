"""Reads the endpoints from the config, so that a mistake in them is told before anything is asked."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from pipedreamer import Context

from .endpoint import Endpoint


async def run(ctx: Context, input: dict[str, Any]) -> list[Endpoint]:
    try:
        endpoints = msgspec.convert(ctx.config["endpoints"], list[Endpoint])
    except msgspec.ValidationError as error:
        raise ValueError(f"config `endpoints`: {error}") from error
    for endpoint in endpoints:
        if urlsplit(endpoint.url).scheme not in ("http", "https"):
            raise ValueError(f"config `endpoints`: the url of {endpoint.name} must begin with http:// or https://")
    names = [endpoint.name for endpoint in endpoints]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"config `endpoints`: several are called {', '.join(sorted(twice))}")
    ctx.log.info(f"{len(endpoints)} endpoints, asked by", input.get("trigger", "hand"))
    return endpoints
