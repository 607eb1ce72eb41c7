"""A workflow -> the plan it runs by, and drawings of it. Pure: no I/O, no asyncio."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipedreamer.dag.compile import compile_plan
from pipedreamer.dag.plan import Plan

__all__ = ["Plan", "compile_plan", "dot", "html", "mermaid", "stages", "svg"]

if TYPE_CHECKING:
    from pipedreamer.dag.draw import dot, html, mermaid, stages, svg
else:

    def __getattr__(name: str) -> Any:
        """Load the drawings when the first is asked for: an engine that only runs plans starts faster without them."""
        if name in __all__:
            return getattr(import_module("pipedreamer.dag.draw"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
