"""What a node's author imports, and nothing else.

from pipedreamer import Context

async def run(ctx: Context, input: dict) -> dict: ...
"""

from pipedreamer.authoring import Cluster, Context, FetchError, Log, Response

__all__ = ["Cluster", "Context", "FetchError", "Log", "Response"]
