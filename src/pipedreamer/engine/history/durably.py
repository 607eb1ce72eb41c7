"""`POST /run` for a run that is to be kept before it begins: by `Prefer: respond-async`, `?wait=false` or a key."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from pipedreamer.engine.answer import JSON, SOON, Answer, refusal
from pipedreamer.engine.history import views
from pipedreamer.engine.history.history import History, accepted
from pipedreamer.engine.history.keys import key_of
from pipedreamer.runtime.recording.durable import Request


@dataclass(frozen=True, slots=True)
class Wish:
    """How a run is wanted; `key` makes it one run however often it is asked for."""

    waits: bool
    key: str | None

    @property
    def is_durable(self) -> bool:
        return not self.waits or self.key is not None


def wish_of(headers: Mapping[bytes, bytes], query: bytes) -> Wish | Answer:
    """What a caller asks for beside the input (RFC 7240), or a refusal."""
    asked = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("wait", ["true"])
    if asked not in (["true"], ["false"]):
        return refusal(400, "wait is true or false")
    key = key_of(headers)
    if isinstance(key, Answer):
        return key
    waits = b"respond-async" not in headers.get(b"prefer", b"").lower() and asked == ["true"]
    return Wish(waits, key)


async def run_durably(history: History | None, wish: Wish, given: bytes, headers: Mapping[bytes, bytes]) -> Answer:
    """202 with the run's address, or its result where the caller waits."""
    if history is None:
        return refusal(501, "no run can be kept: this engine was started with --record none")
    run_id = await history.accept(Request(given, key=wish.key), headers)
    if isinstance(run_id, Answer) or not wish.waits:
        return accepted(run_id)
    try:
        run = await history.durable.ended(run_id) or await history.store.run(history.workflow, run_id)
    except asyncio.CancelledError:  # only the engine's end cancels this; the caller still gets told
        run = None
    if run is None or not run.is_finished:
        text = f"run {run_id} has not ended, and goes on when the engine does; ask for it at runs/{run_id}"
        return refusal(503, text, SOON, id=run_id)
    status = 200 if run.state == "succeeded" else 500
    return Answer(status, (JSON, (b"x-run-id", run_id.encode())), views.result(run, history.masked))
