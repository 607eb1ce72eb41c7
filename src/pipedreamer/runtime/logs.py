"""What nodes write, as lines on a terminal or as JSON for a collector, with secrets masked."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

import orjson

Level = Literal["debug", "info", "warn", "error"]


@dataclass(frozen=True, slots=True)
class NodeLine:
    """One line of a node's log; `node` is "" for what was written outside of any node, `time` in seconds.

    `trace_id` is "" where runs are not traced.
    """

    time: float
    level: Level
    node: str
    message: str
    workflow: str = ""
    version: str = ""
    run_id: str = ""
    attempt: int = 0
    trace_id: str = ""


_HARMLESS: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
"""A terminal does what control characters say."""


def harmless(text: str) -> str:
    """The text with control characters as they are written in Python."""
    return text.translate(_HARMLESS)


LogSink = Callable[[NodeLine], None]


class ConsoleLog:
    """`[node] LEVEL message`, debug and info to `out`, warn and error to `err`."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    def __call__(self, line: NodeLine) -> None:
        stream = self._err if line.level in ("warn", "error") else self._out
        prefix = f"[{line.node}] {line.level.upper()} " if line.node else f"[workflow] {line.level.upper()} "
        # Indented, what is told further down in a message cannot look like the next one.
        print(prefix + harmless(line.message).replace("\n", "\n  "), file=stream, flush=True)


class JsonLog:
    """A JSON object a line, on the same streams."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    def __call__(self, line: NodeLine) -> None:
        stream = self._err if line.level in ("warn", "error") else self._out
        moment = datetime.fromtimestamp(line.time, UTC).isoformat(timespec="milliseconds")
        record = {
            "time": moment.replace("+00:00", "Z"),
            "level": line.level,
            "workflow": line.workflow,
            "version": line.version,
            "runId": line.run_id,
            "node": line.node,
            "attempt": line.attempt,
            "message": line.message,
        }
        if line.trace_id:
            # Its name and form: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
            record["trace_id"] = line.trace_id
        print(orjson.dumps(record).decode(), file=stream, flush=True)
