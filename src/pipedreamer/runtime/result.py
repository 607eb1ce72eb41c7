"""What a run came to."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson


class Masking(Protocol):
    """Hides secrets in text and in JSON text."""

    def text(self, text: str, /) -> str: ...
    def json(self, data: bytes, /) -> bytes: ...


SHOWN_TEXT = 64 * 1024


def cut(text: str) -> str:
    """A line or message of bounded length; after masking, since half of a secret would not be recognised as one."""
    return text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]}... (cut after {SHOWN_TEXT:,} characters)"


@dataclass(frozen=True, slots=True)
class Timing:
    """When something began and ended, in milliseconds since 1970."""

    started_at: int
    completed_at: int

    def to_dict(self) -> dict[str, int]:
        return {
            "startedAt": self.started_at,
            "completedAt": self.completed_at,
            "durationMs": self.completed_at - self.started_at,
        }


@dataclass(frozen=True, slots=True)
class RunResult:
    """The outcome of one run: outputs as JSON text in the order the nodes finished, and why others failed."""

    run_id: str
    version: str
    outputs: dict[str, bytes]
    errors: dict[str, str]
    timing: Timing
    node_timings: dict[str, Timing] = field(default_factory=dict)

    @property
    def success(self) -> bool:
        return not self.errors

    def output(self, node_id: str) -> Any:
        """A node's output as a value."""
        return orjson.loads(self.outputs[node_id])

    def to_json(self, mask: Masking) -> bytes:
        """The answer of `POST /run`, secrets masked in outputs and errors: the frame around them holds none."""
        outputs = b",".join(orjson.dumps(node_id) + b":" + mask.json(value) for node_id, value in self.outputs.items())
        errors = {node_id: cut(mask.text(message)) for node_id, message in self.errors.items()}
        timing = self.timing.to_dict() | {"nodeTimings": {k: t.to_dict() for k, t in self.node_timings.items()}}
        return b'{"success":%s,"runId":%s,"version":%s,"outputs":{%s},"errors":%s,"timing":%s}' % (
            b"true" if self.success else b"false",
            orjson.dumps(self.run_id),
            orjson.dumps(self.version),
            outputs,
            orjson.dumps(errors),
            orjson.dumps(timing),
        )
