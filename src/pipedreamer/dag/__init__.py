"""A workflow -> the plan it runs by, and drawings of it. Pure: no I/O, no asyncio."""

from pipedreamer.dag.plan import Plan

__all__ = ["Plan"]
