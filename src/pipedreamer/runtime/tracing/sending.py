"""Sends spans to a collector, in a thread of its own: nobody waits for it, and what does not fit is dropped."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

LAST_SECONDS: Final = 2.0
"""So long the end waits for what has not been sent."""
_LOOK_S: Final = 0.02


class Sending:
    """A tracer provider whose spans go to the collector of the `OTEL_EXPORTER_OTLP_*` variables.

    `warn` hears, in the loop that this is made in, once of each time that a collector does not take them. Raises
    `ValueError` for a variable that cannot be used.
    """

    def __init__(self, workflow: str, warn: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._warn = warn
        self._most = int(os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE") or 2048)
        self._made = 0
        self._is_told_of_drops = False
        self._exporter = _Exporter(self._tell)
        self._batches = BatchSpanProcessor(self._exporter, max_queue_size=self._most)
        self.provider = TracerProvider(resource=_resource(workflow), shutdown_on_exit=False)
        self.provider.add_span_processor(self._batches)

    def has_room(self, spans: int) -> bool:
        """Whether so many spans may follow: those of one run are sent together or not at all."""
        if self._made - self._exporter.taken + spans > self._most:
            if not self._is_told_of_drops:
                self._is_told_of_drops = True
                self._tell("spans are made faster than they are sent: some runs have no trace")
            return False
        self._made += spans
        return True

    def send(self, span: ReadableSpan) -> None:
        """Send a span that has ended; there was room for it."""
        self._batches.on_end(span)

    async def close(self) -> None:
        """Send what is left, as far as that is done at once."""
        end = threading.Thread(target=self.provider.shutdown, daemon=True)  # the process does not wait for this one
        end.start()
        until = self._loop.time() + LAST_SECONDS
        while end.is_alive() and self._loop.time() < until:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(_LOOK_S)

    def _tell(self, text: str) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._warn, text)


class _Exporter(OTLPSpanExporter):
    """Counts what it took over, and tells of a failure until there was a success."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        # What it says of each failure quotes the library below it, which may quote a header.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
        self._heard = _Session()
        super().__init__(session=self._heard)
        self._tell = tell
        self._is_told = False
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        self.taken += len(spans)
        if result is SpanExportResult.SUCCESS:
            self._is_told = False
        elif not self._is_told:
            self._is_told = True
            self._tell(f"traces are lost, and runs go on: {self._heard.why}; see OTEL_EXPORTER_OTLP_ENDPOINT")
        return result


class _Session(requests.Session):
    """Remembers why the last request failed, in words that quote nothing."""

    why = "they cannot be encoded"

    def request(self, *given: Any, **named: Any) -> requests.Response:
        try:
            answer = super().request(*given, **named)
        except requests.RequestException as error:
            self.why = _why(error)
            raise
        self.why = f"the collector answers {answer.status_code}"
        return answer


def _why(error: requests.RequestException) -> str:
    match error:
        case requests.Timeout():
            return "the collector does not answer in time"
        case requests.exceptions.SSLError():
            return "the collector's certificate is not trusted, or it speaks no TLS"
        case requests.ConnectionError():
            return "no collector can be reached"
    return f"the collector cannot be asked ({type(error).__name__})"


def _resource(workflow: str) -> Resource:
    """What the variables say of this service; without a name it has the workflow's."""
    found = Resource.create()
    if str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        return found.merge(Resource({SERVICE_NAME: workflow}))
    return found
