"""Makes the attempt that the input names."""

from typing import Any

from attempts.perform import perform  # type: ignore[import-not-found,unused-ignore]


def run(ctx: Any, input: Any) -> Any:  # noqa: A002
    return perform(input["attempt"], input["world"]) if input["node"] == "attempt" else None
