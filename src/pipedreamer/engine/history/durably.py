"""`POST /run` for a run that is to be kept before it begins: by `Prefer: respond-async`, `?wait=false` or a key."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from pipedreamer.engine.answer import JSON, Answer, refusal
from pipedreamer.engine.history import views
from pipedreamer.engine.history.history import History
from pipedreamer.errors import KeyTakenError
from pipedreamer.runtime.recording.durable import Request

LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True)
class Wish:
    """How a run is wanted; `key` makes it one run however often it is asked for."""

    waits: bool
    key: str | None

    @property
    def is_durable(self) -> bool:
        return not self.waits or self.key is not None


def wish_of(headers: Mapping[bytes, bytes], query: bytes) -> Wish:
    """What a caller asks for beside the input (RFC 7240; draft-ietf-httpapi-idempotency-key-header)."""
    preferred = headers.get(b"prefer", b"").lower()
    asked = parse_qs(query).get(b"wait", [b""])[-1].lower()
    waits = b"respond-async" not in preferred and asked not in (b"false", b"0", b"no")
    key = headers.get(b"idempotency-key")
    return Wish(waits, key.decode("latin-1").strip().strip('"') if key else None)


async def run_durably(history: History | None, wish: Wish, given: bytes, headers: Mapping[bytes, bytes]) -> Answer:
    """202 with the run's address, or its result where the caller waits."""
    if history is None:
        return refusal(501, "no run can be kept: this engine was started with --record none")
    if wish.key is not None and not 0 < len(wish.key) <= LONGEST_KEY:
        return refusal(400, f"an Idempotency-Key has 1 to {LONGEST_KEY} characters")
    digest = hashlib.sha256(given).digest() if wish.key is not None else None
    request = Request(given, key=wish.key, key_digest=digest)
    if not wish.waits:
        return await history.accept(request, headers)
    try:
        run_id = await history.begin(request, headers)
    except KeyTakenError as error:
        if not error.same_body:
            return refusal(422, f"the Idempotency-Key was used for another body, in run {error.run_id}")
        run_id = error.run_id
    run = await history.durable.ended(run_id) or await history.store.run(history.workflow, run_id)
    if run is None or not run.is_finished:
        return refusal(503, f"run {run_id} has not ended; ask for it at runs/{run_id}", id=run_id)
    body = views.encoded(views.result(run, history.masked))
    return Answer(200 if run.state == "succeeded" else 500, (JSON, (b"x-run-id", run_id.encode())), body)
