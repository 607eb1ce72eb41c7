"""An engine as a process of its own whose runs wait for a file: `held_engine.py DRAIN_SECONDS`, prints its port.

The input `{"until": path}` ends as soon as the file is there; `{}` ends at once.
"""

import asyncio
import sys
from pathlib import Path

import orjson
import uvloop

from pipedreamer.engine.app import App
from pipedreamer.engine.binding import bind
from pipedreamer.engine.server import serve
from pipedreamer.engine.service import Service, Stats
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.result import RunResult, Timing


def say(word: object) -> None:
    """One line to whoever started this."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Held:
    """The executor."""

    async def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> RunResult:
        until = orjson.loads(trigger_input).get("until")
        say("run")
        while until is not None and not Path(until).exists():  # noqa: ASYNC110, ASYNC240 - a test has no other hand here
            await asyncio.sleep(0.01)
        return RunResult(run_id or "run-1", "1.0", {"held": trigger_input}, {}, Timing(1, 2, 1))

    def cancel(self, run_id: str) -> bool:  # noqa: ARG002
        return False


async def main(drain_seconds: float) -> None:
    listener = bind("127.0.0.1", 0)
    mask = Mask({})
    service = Service(
        workflow="held",
        version="1.0",
        executor=Held(),
        mask=lambda: mask,
        layers=dict,
        stats=Stats,
        ready=lambda: True,
    )
    port = listener.getsockname()[1]
    await serve(App(service), listener, drain_seconds=drain_seconds, on_started=lambda: say(port))
    say("served")


uvloop.run(main(float(sys.argv[1])))
