"""A run's result as the record has it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipedreamer.record import Attempt, Code, Line, Run, State
from pipedreamer.runtime import result as results
from pipedreamer.runtime.references import References
from pipedreamer.runtime.result import Masking, RunResult, shown

GONE: Final = "the engine ended before the run did"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is the same for all runs of one code and one set of secrets."""

    workflow: str
    code: Code
    references: References
    mask: Masking


def finished(facts: Facts, run_id: str, trigger: str, given: bytes, result: RunResult, lines: tuple[Line, ...]) -> Run:
    """A synchronous run that has ended."""
    return Run(
        id=run_id,
        workflow=facts.workflow,
        code=facts.code,
        trigger=trigger,
        state=state_of(result),
        started_at=result.timing.started_at,
        ended_at=result.timing.completed_at,
        error=error_of(facts, result) if result.errors else "",
        input=facts.references.hide(given),
        attempts=attempts(facts, result),
        lines=lines,
    )


def state_of(result: RunResult) -> State:
    if result.success:
        return "succeeded"
    return "cancelled" if result.cancelled else "failed"


def error_of(facts: Facts, result: RunResult) -> str:
    """Why it failed, for lists: the first line of the first error."""
    return brief(facts, next(iter(result.errors.values()), ""))


def brief(facts: Facts, text: str) -> str:
    """The first line of a message, with secrets hidden."""
    return shown(text, facts.mask).partition("\n")[0]


def attempts(facts: Facts, result: RunResult) -> tuple[Attempt, ...]:
    """What the nodes of a result came to; of a stretch its own nodes."""
    hide, outputs = facts.references.hide if facts.references.are_needed else _as_it_is, result.outputs
    tried = {attempt.node for attempt in result.attempts} if result.attempts else ()
    found = [
        Attempt(name, 1, "ok", timing.started_at, timing.completed_at, hide(outputs[name]))
        for name, timing in result.node_timings.items()
        if name in outputs and name not in tried
    ]
    return (*found, *_tried(facts, result)) if tried else tuple(found)


def attempt(facts: Facts, one: results.Attempt, output: bytes | None) -> Attempt:
    """One attempt, with secrets hidden."""
    kept = None if output is None else facts.references.hide(output)
    error = shown(one.error, facts.mask) if one.error else ""
    return Attempt(one.node, one.number, one.state, one.started_at, one.ended_at, kept, error)


def _as_it_is(value: bytes) -> bytes:
    return value


def _tried(facts: Facts, result: RunResult) -> Iterable[Attempt]:
    for one in result.attempts:
        yield attempt(facts, one, result.outputs[one.node] if one.state == "ok" else None)
