"""One run over HTTP: handed to the executor, its result or its failure turned into an answer."""

import asyncio
import logging
import traceback
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from pipedreamer.engine.answer import CLOSE, JSON, SOON, Answer, refusal
from pipedreamer.engine.service import Service
from pipedreamer.errors import EngineBusyError, PipedreamerError, SandboxError
from pipedreamer.runtime.result import RunResult

logger = logging.getLogger("pipedreamer.engine")

DRAINING: Final = refusal(503, "the engine is stopping and takes no new runs; try again", SOON, CLOSE)
STOPPED: Final = refusal(503, "the engine was stopped before the run ended; run it again", SOON, CLOSE)


def begin(service: Service, given: bytes, headers: Mapping[bytes, bytes]) -> asyncio.Future[RunResult]:
    """A run with the input `given`, in the trace of its caller.

    Whoever stops waiting does not stop it. Raises what the executor raises at once.
    """
    run_id = service.traces.expect(headers) if service.traces is not None else None
    return asyncio.ensure_future(service.executor.execute(given, run_id=run_id))


def ended(service: Service, run: asyncio.Future[RunResult]) -> Answer:
    """The answer of a run that has ended, secrets masked; never raises for what the executor did."""
    try:
        result = run.result()
        body = result.to_json(service.mask())
    except asyncio.CancelledError:
        return STOPPED
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and the log the rest
        return failure(service, error)
    return Answer(200 if result.success else 500, (JSON, (b"x-run-id", result.run_id.encode())), body)


def failure(service: Service, error: Exception) -> Answer:
    """The answer for `error`; what nobody foresaw goes to the log with its traceback, under a number of its own."""
    mask = service.mask()
    match error:
        case EngineBusyError():
            again = (b"retry-after", b"%d" % error.retry_after)
            return refusal(503, mask.text(str(error)), again)
        case SandboxError():
            return refusal(503, mask.text(str(error)), SOON)
        case PipedreamerError():
            return refusal(500, mask.text(str(error)))
    number = uuid4().hex[:12]
    logger.error(
        "error %s while answering:\n%s", number, mask.text("".join(traceback.format_exception(error)).rstrip())
    )
    return refusal(500, f"the engine itself failed; its log says why under {number}", id=number)
