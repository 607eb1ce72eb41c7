"""Where the engine's own words and its nodes' lines go while it serves: plain lines, or JSON for a collector."""

import logging
import sys
import threading
import time
from contextlib import suppress
from typing import TextIO

from pipedreamer.runtime.logs import ConsoleLog, JsonLog, Level, LogSink, NodeLine

_logger = logging.getLogger("pipedreamer.engine")
_LEVELS: dict[int, Level] = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warn"}


def log_sink(form: str, out: TextIO | None = None) -> LogSink:
    """The sink for `text`, `json`, or `auto`: text on a terminal, JSON elsewhere; `out` takes the place of stdout.

    A line that cannot be written (a reader that went away, a full disk) is dropped: no run fails for its log.
    """
    as_json = form == "json" or (form == "auto" and not (sys.stdout and sys.stdout.isatty()))
    write = (JsonLog if as_json else ConsoleLog)(out)

    def sink(line: NodeLine) -> None:
        with suppress(OSError):
            write(line)

    return sink


class SinkHandler(logging.Handler):
    """Sends the engine's log records the way the nodes' lines go."""

    def __init__(self, sink: LogSink, workflow: str, version: str) -> None:
        super().__init__()
        self._sink = sink
        self._workflow = workflow
        self._version = version

    def emit(self, record: logging.LogRecord) -> None:
        level = _LEVELS.get(record.levelno, "error")
        message = self.format(record)
        self._sink(NodeLine(time.time(), level, "", message, workflow=self._workflow, version=self._version))


def take_over_logging(sink: LogSink, workflow: str, version: str, verbose: bool) -> None:
    """Route Python's logging into the sink, and what Python would print itself: warnings, and what nobody caught."""
    root = logging.getLogger()
    root.handlers = [SinkHandler(sink, workflow, version)]
    root.setLevel(logging.WARNING)
    logging.getLogger("pipedreamer").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # what it meets the record tells in its own words
    logging.captureWarnings(True)
    threading.excepthook = _uncaught_in_a_thread
    sys.unraisablehook = _unraisable


def _uncaught_in_a_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_type is not SystemExit and given.exc_value is not None:
        name = given.thread.name if given.thread is not None else "?"
        _logger.error("thread %s ended with an error", name, exc_info=given.exc_value)


def _unraisable(given: "sys.UnraisableHookArgs") -> None:
    _logger.error("%s %r", given.err_msg or "Exception ignored in", given.object, exc_info=given.exc_value)
