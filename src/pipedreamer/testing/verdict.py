"""Why a run is not what its fixture asks for, in lines; none where it is."""

from typing import Final

from pipedreamer.runtime.result import Masking, RunResult
from pipedreamer.testing.absence import ABSENT
from pipedreamer.testing.comparison import compare
from pipedreamer.testing.fixture import Fixture

REASON_LENGTH: Final = 4000


def reasons(result: RunResult, fixture: Fixture, node_id: str | None, mask: Masking) -> tuple[str, ...]:
    """What failed, or else where outputs differ from what is expected.

    For the whole workflow (`node_id` None) the fixture expects `{node: output}`, and nodes that it leaves out may
    return anything.
    """
    if result.errors:
        return tuple(told(_failure(*failed), mask) for failed in result.errors.items())
    if fixture.expected is ABSENT:
        return ()
    if node_id is not None:
        return compare(fixture.expected, result.output(node_id)).lines(mask)
    lines: list[str] = []
    for name, expected in fixture.expected.items():
        lines += compare(expected, result.output(name), f"outputs.{name}").lines(mask)
    return tuple(lines)


def told(message: str, mask: Masking) -> str:
    """A message with secrets hidden, cut where it is absurdly long."""
    message = mask.text(message)
    if len(message) <= REASON_LENGTH:
        return message
    return f"{message[:REASON_LENGTH]}... ({len(message):,} characters)"


def _failure(node_id: str, message: str) -> str:
    begins = f'Node "{node_id}" '
    return message if message.startswith(begins) else f"{begins}failed: {message}"
