"""How long a fetch waits: for all of it when the node said so, else for each sign of life."""

import asyncio
import math
from dataclasses import dataclass

from pipedreamer.authoring import FetchError


@dataclass(frozen=True, slots=True)
class Patience:
    """`deadline` is on the loop's clock; without one, each wait may last `silence_s` seconds."""

    silence_s: float
    timeout_s: float | None = None
    deadline: float | None = None

    @classmethod
    def of(cls, timeout_s: float | None, silence_s: float) -> "Patience":
        """From now on; raises FetchError where the node's timeout is no time."""
        if timeout_s is None:
            return cls(silence_s)
        if not (math.isfinite(timeout_s) and timeout_s > 0):
            raise FetchError("the timeout must be a number of seconds above 0")
        return cls(silence_s, timeout_s, asyncio.get_running_loop().time() + timeout_s)

    def in_all(self) -> asyncio.Timeout:
        """Bounds a wait that is nobody's silence: by the deadline alone."""
        return asyncio.timeout_at(self.deadline)

    def for_a_sign(self) -> asyncio.Timeout:
        """Bounds a wait for the server."""
        if self.deadline is not None or math.isinf(self.silence_s):
            return self.in_all()
        return asyncio.timeout(self.silence_s)

    def why(self) -> str:
        """The reason when a wait was too long."""
        if self.timeout_s is not None:
            return f"timed out after {round(self.timeout_s * 1000)}ms"
        return f"the server sent nothing for {round(self.silence_s * 1000)}ms (a longer `timeout` can be given)"
