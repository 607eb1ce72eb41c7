"""Makes an attempt that is not to end by itself, in a node of one second."""

from typing import Any

from attempts.perform import perform  # type: ignore[import-not-found,unused-ignore]


def run(ctx: Any, input: Any) -> Any:  # noqa: A002
    return perform(input["attempt"], input["world"]) if input["node"] == "slow" else None
