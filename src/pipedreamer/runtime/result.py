"""What a run came to."""

from typing import Any, Protocol

import msgspec
import orjson


class Masking(Protocol):
    """Hides secrets in text and in JSON text; gives back the very object where there is nothing to hide."""

    def text(self, text: str, /) -> str: ...
    def json(self, data: bytes, /) -> bytes: ...


SHOWN_TEXT = 64 * 1024


def cut(text: str) -> str:
    """A line or message of bounded length; after masking, since half of a secret would not be recognised as one."""
    return text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]}... (cut after {SHOWN_TEXT:,} characters)"


class Timing(msgspec.Struct, frozen=True):
    """When something began and ended, in milliseconds since 1970."""

    started_at: int
    completed_at: int


class RunResult(msgspec.Struct, frozen=True):
    """The outcome of one run: outputs as JSON text in the order the nodes finished, and why others failed."""

    run_id: str
    version: str
    outputs: dict[str, bytes]
    errors: dict[str, str]
    timing: Timing
    node_timings: dict[str, Timing] = {}

    @property
    def success(self) -> bool:
        return not self.errors

    def output(self, node_id: str) -> Any:
        """A node's output as a value."""
        return orjson.loads(self.outputs[node_id])

    def to_json(self, mask: Masking) -> bytes:
        """The answer of `POST /run`, secrets masked in outputs and errors: the frame around them holds none."""
        outputs = _object(self.outputs)
        if mask.json(outputs) is not outputs:  # there is something to hide: each node's own part of it
            outputs = _object({node_id: mask.json(value) for node_id, value in self.outputs.items()})
        errors = {node_id: cut(mask.text(message)) for node_id, message in self.errors.items()}
        nodes = _object({node_id: b"{%b}" % _times(timing) for node_id, timing in self.node_timings.items()})
        return b'{"success":%b,"runId":%b,"version":%b,"outputs":%b,"errors":%b,"timing":{%b,"nodeTimings":%b}}' % (
            b"false" if errors else b"true",
            orjson.dumps(self.run_id),
            orjson.dumps(self.version),
            outputs,
            orjson.dumps(errors),
            _times(self.timing),
            nodes,
        )


def _object(members: dict[str, bytes]) -> bytes:
    """A JSON object of texts that are JSON already."""
    return b"{%b}" % b",".join([b"%b:%b" % (orjson.dumps(name), value) for name, value in members.items()])


def _times(timing: Timing) -> bytes:
    began, ended = timing.started_at, timing.completed_at
    return b'"startedAt":%d,"completedAt":%d,"durationMs":%d' % (began, ended, ended - began)
