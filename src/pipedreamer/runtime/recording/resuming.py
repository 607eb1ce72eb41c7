"""What is left of a durable run that another engine, or this one before, has begun."""

from dataclasses import dataclass

from pipedreamer.errors import RecordError
from pipedreamer.record import Attempt, Run
from pipedreamer.runtime.recording.entry import GONE, Facts
from pipedreamer.runtime.staged_executor import Resumed


@dataclass(frozen=True, slots=True)
class Durable:
    """One that is to be carried out; `lines` is how many of its log are kept, `open` are attempts nobody saw end."""

    run: Run
    given: bytes
    resumed: Resumed
    facts: Facts
    lines: int = 0
    open: tuple[Attempt, ...] = ()


def resumed(run: Run, facts: Facts) -> Durable:
    """What is left of a run. Raises where it cannot go on: `MissingSecretError`, or its code is gone."""
    if not run.durable:  # whoever waited for it has gone
        raise RecordError(GONE)
    if run.code.code != facts.code.code:
        raise RecordError(
            f"it began with version {run.code.version} (code {run.code.code[:12]}), and this engine has "
            f"{facts.code.version} ({facts.code.code[:12]}); re-run it"
        )
    done = outputs(run, facts)
    begun: dict[str, int] = {}
    for one in run.attempts:
        if one.node not in done:
            may_be_begun = one.ended_at is not None and one.state in ("retry", "interrupted")
            begun[one.node] = max(begun.get(one.node, 0), one.number + may_be_begun)
    last = run.lines[-1].number if run.lines else 0
    open_ = tuple(one for one in run.attempts if one.ended_at is None)
    return Durable(run, facts.references.restore(run.input), Resumed(done, begun), facts, last, open_)


def outputs(run: Run, facts: Facts) -> dict[str, bytes]:
    """What its nodes came to, by node."""
    restore = facts.references.restore
    return {one.node: restore(one.output) for one in run.attempts if one.state == "ok" and one.output is not None}
