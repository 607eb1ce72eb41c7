"""The changes of one call, by run: a run's are stored together or refused together."""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from msgspec import Struct, field

from pipedreamer.errors import RecordError, StaleError
from pipedreamer.record.changes import Accepted, Began, Change, Ended, Finished, Progress, Said, run_of
from pipedreamer.record.ids import stored
from pipedreamer.record.model import NUMBERS, STATES_A_KIND, Attempt, Line, Run, cut
from pipedreamer.record.packing import Packed, pack_attempt, pack_run
from pipedreamer.record.store import Epoch, Limits, Refusals

_ACCEPTED: Final = NUMBERS["accepted"]


class Whole(Struct, frozen=True, gc=False):
    """A run to be put into a row."""

    id: bytes
    run: Run
    packed: Packed


class Move(NamedTuple):
    """A row, and what becomes of it."""

    id: bytes
    kind: int
    to: int
    started_at: int | None
    ended_at: int | None
    error: str


class Steps(Struct):
    """What is said of one durable run: that it is there, perhaps, and how it went on."""

    id: bytes
    accepted: Whole | None = None
    began: int | None = None
    attempts: dict[tuple[str, int], tuple[Attempt, Packed]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    ended: Ended | None = None
    kind: int = 0
    """What stands in its row, once that is known."""
    is_new: bool = False

    @property
    def rows(self) -> list[tuple[bytes, str, int, bytes]]:
        """Its attempts as they are stored: run, node, number, and the rest packed."""
        return [(self.id, node, number, packed.column) for (node, number), (_, packed) in self.attempts.items()]

    @property
    def beginning(self) -> int | None:
        """When it began, as far as this says."""
        times = [attempt.started_at for attempt, _ in self.attempts.values()]
        return self.began if self.began is not None else min(times, default=None)

    def move(self) -> Move | None:
        """What changes in its row, or None."""
        state, begun, end = self.kind % STATES_A_KIND, self.beginning, self.ended
        if end is not None:
            to, error = NUMBERS[end.state], cut(end.error)
            return Move(self.id, self.kind, self.kind - state + to, begun, end.ended_at, error)
        if self.began is None and (begun is None or state != _ACCEPTED):
            return None
        return Move(self.id, self.kind, self.kind - state + NUMBERS["running"], begun, None, "")


Owner = tuple[int, int]
"""The epoch that a durable run belongs to, and what stands in its row."""
Standing = Literal["ours", "new", "stored"]
"""Of a durable run: this epoch's, not there so far, or ended with the very end that is said."""
Kept = tuple[int, int | None]
"""The number of the state that a run is kept in, and when it ended."""


class Group(Struct):
    """Finished runs, durable runs by id, and what is refused already."""

    finished: list[Whole] = field(default_factory=list)
    durable: dict[str, Steps] = field(default_factory=dict)
    refused: Refusals = field(default_factory=dict)

    @property
    def wholes(self) -> list[Whole]:
        """All that are told as a whole."""
        return [*self.finished, *(steps.accepted for steps in self.durable.values() if steps.accepted)]

    @property
    def new(self) -> list[Whole]:
        """The durable runs that were not there."""
        return [steps.accepted for steps in self.durable.values() if steps.accepted and steps.is_new]

    def refuse(self, run_id: str, error: RecordError) -> None:
        """Drop what is said of this run."""
        self.refused[run_id] = error
        self.durable.pop(run_id, None)


def grouped(changes: Iterable[Change | Whole], epoch: Epoch, limits: Limits) -> Group:
    """Sort and pack them."""
    group = Group()
    for change in changes:
        if isinstance(change, Whole):
            group.finished.append(change)
            continue
        run_id = run_of(change)
        if run_id in group.refused:
            continue
        try:
            _add(group, change, run_id, epoch, limits)
        except RecordError as error:
            group.refuse(run_id, error)
    return group


def standing(run_id: str, steps: Steps, epoch: Epoch, owner: Owner | None, kept: Kept | None) -> Standing | StaleError:
    """Whether what is said of a durable run may be stored, by who owns it, and by what is stored of it."""
    if owner is not None:
        steps.kind = owner[1]
        return "ours" if owner[0] == epoch.number else stale(run_id)
    if kept is None:
        steps.is_new = steps.accepted is not None
        return "new" if steps.accepted else stale(run_id)
    end = steps.ended
    same = end is not None and kept == (NUMBERS[end.state], end.ended_at)
    return "stored" if same else stale(run_id)


def stale(run_id: str) -> StaleError:
    return StaleError(f"run {run_id} belongs to another engine now, or has ended: this engine's word of it is not kept")


def _add(group: Group, change: Change, run_id: str, epoch: Epoch, limits: Limits) -> None:
    if isinstance(change, Finished):
        group.finished.append(whole(change.run, epoch, limits))
        return
    steps = group.durable.get(run_id)
    if steps is None:
        steps = group.durable[run_id] = Steps(_id(run_id))
    if isinstance(change, Accepted):
        steps.accepted = whole(change.run, epoch, limits)
        return
    match change:
        case Began(at=at):
            steps.began = at
        case Progress(attempt=attempt):
            steps.attempts[attempt.node, attempt.number] = attempt, pack_attempt(run_id, attempt, limits)
        case Said(lines=lines):
            steps.lines.extend(lines)
        case Ended():
            steps.ended = change


def whole(run: Run, epoch: Epoch, limits: Limits) -> Whole:
    """A run packed for its row. Raises `RecordError` for one that the record does not take."""
    if run.workflow != epoch.workflow:
        raise RecordError(f'run {run.id} is one of "{run.workflow}", and this engine writes for "{epoch.workflow}"')
    return Whole(_id(run.id), run, pack_run(run, limits))


def _id(run_id: str) -> bytes:
    packed = stored(run_id)
    if packed is None:
        raise RecordError(f"{run_id[:64]!r} is no run id: it must be 32 hexadecimal digits, the first 12 its time")
    return packed
