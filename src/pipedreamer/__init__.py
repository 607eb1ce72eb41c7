"""What a node's author imports, and nothing else.

from pipedreamer import Context

async def run(ctx: Context, input: dict) -> dict: ...
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pipedreamer.authoring import Cluster, Context, FetchError, Log, Response

__all__ = ["Cluster", "Context", "FetchError", "Log", "Response"]


def __getattr__(name: str) -> object:
    """Imported when it is asked for: before this package nothing of the program can answer Ctrl-C."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipedreamer import authoring

    return getattr(authoring, name)
