"""What a run came to."""

from typing import Annotated, Any, Literal, Protocol

import msgspec
import orjson


class Masking(Protocol):
    """Hides secrets in text and in JSON text; gives back the very object where there is nothing to hide."""

    def text(self, text: str, /) -> str: ...
    def json(self, data: bytes, /) -> bytes: ...


SHOWN_TEXT = 64 * 1024


def shown(text: str, mask: Masking) -> str:
    """A worker's line or message with secrets hidden, and of bounded length.

    It is cut after masking, since half of a secret would not be recognised as one. What the worker has cut may end
    with such a half, and masking makes a text shorter: so the end of what is longer than is shown is never shown.
    """
    masked = mask.text(text)
    if len(text) <= SHOWN_TEXT:
        return masked
    end = max(0, min(SHOWN_TEXT, len(masked) - (len(text) - SHOWN_TEXT)))
    return f"{masked[:end]}... (cut after {end:,} characters)"


class Timing(msgspec.Struct, frozen=True, rename="camel"):
    """When something began and ended, in milliseconds since 1970, and how long it took."""

    started_at: int
    completed_at: int
    duration_ms: int


class Attempt(msgspec.Struct, frozen=True):
    """One attempt at a node that was not a success at once; times in milliseconds since 1970."""

    node: str
    number: int
    state: Literal["ok", "retry", "failed", "cancelled", "interrupted"]
    started_at: int
    ended_at: int
    error: str = ""


class RunResult(msgspec.Struct, frozen=True):
    """The outcome of one run: outputs as JSON text in the order the nodes finished, and why others failed.

    `attempts` has all attempts of the nodes that did not succeed at once.
    """

    run_id: str
    version: str
    outputs: dict[str, bytes]
    errors: dict[str, str]
    timing: Timing
    node_timings: dict[str, Timing] = {}
    attempts: tuple[Attempt, ...] = ()
    cancelled: bool = False

    @property
    def success(self) -> bool:
        return not self.errors

    def output(self, node_id: str) -> Any:
        """A node's output as a value."""
        return orjson.loads(self.outputs[node_id])

    def to_json(self, mask: Masking) -> bytes:
        """The answer of `POST /run`, secrets masked in outputs and errors: the frame around them holds none."""
        outputs = _joined(self.outputs)
        if mask.json(outputs) is not outputs:  # there is something to hide: in each node's own part of it
            outputs = _joined({node_id: mask.json(value) for node_id, value in self.outputs.items()})
        errors = self.errors and {node_id: shown(message, mask) for node_id, message in self.errors.items()}
        ran = self.timing
        timing = RunTiming(ran.started_at, ran.completed_at, ran.duration_ms, self.node_timings)
        return _encode(RunAnswer(not errors, self.run_id, self.version, msgspec.Raw(outputs), errors, timing))


class RunTiming(Timing, frozen=True, rename="camel"):
    """The same of a run, and of each of its nodes."""

    node_timings: dict[str, Timing]


class RunAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What `POST /run` answers: the outputs of nodes that finished, and why others failed."""

    success: bool
    run_id: str
    version: str
    outputs: Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "object"})]
    errors: dict[str, str]
    timing: RunTiming


_encode = msgspec.json.Encoder().encode


def _joined(outputs: dict[str, bytes]) -> bytes:
    return _encode({node_id: msgspec.Raw(value) for node_id, value in outputs.items()})
