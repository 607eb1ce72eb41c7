"""What both databases have in common: the columns of a list, and the numbers that stand in them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pipedreamer.record.model import NUMBERS, STATES, STATES_A_KIND, Code, Summary
from pipedreamer.record.packing import unpack_extra
from pipedreamer.record.query import Query

COLUMNS: Final = (
    "r.id, r.kind, r.started_at, r.ended_at, r.error, r.extra,"
    " k.workflow, k.trigger, k.durable, c.version, c.digest, c.config, c.lock"
)
JOINED: Final = f"runs r JOIN kinds k ON k.kind = r.kind / {STATES_A_KIND} JOIN codes c ON c.code = r.code"


def summary(row: Sequence[Any]) -> Summary:
    """Of a row of these columns."""
    run_id, kind, started_at, ended_at, error, extra, workflow, trigger, durable, *code = row
    return Summary(
        id=run_id.hex(),
        workflow=workflow,
        code=Code(*code),
        trigger=trigger,
        state=STATES[kind % STATES_A_KIND],
        started_at=started_at,
        ended_at=ended_at,
        durable=bool(durable),
        error=error,
        **unpack_extra(extra),
    )


def kinds_asked_for(kinds: Iterable[Sequence[Any]], query: Query) -> list[int]:
    """What may stand in the rows of the runs that are asked for, of kinds as number, version and trigger."""
    return [
        number * STATES_A_KIND + NUMBERS[state]
        for number, version, trigger in kinds
        if (not query.versions or version in query.versions) and (not query.triggers or trigger in query.triggers)
        for state in query.states or STATES
    ]
