"""`/runs` and what is below it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipedreamer.engine.answer import JSON, Answer, Header, refusal
from pipedreamer.engine.history import views
from pipedreamer.engine.history.keys import key_of
from pipedreamer.engine.history.questions import (
    MOST_LINES,
    WrongQueryError,
    is_asked_for,
    last_line,
    lines_of,
    query_of,
)
from pipedreamer.engine.history.rerun import Rerun, read_rerun
from pipedreamer.engine.history.stream import Stream, frame
from pipedreamer.errors import KeyTakenError, MissingSecretError
from pipedreamer.record import FINISHED, Attempt, Line, Run, Store
from pipedreamer.runtime.json_input import parse_json
from pipedreamer.runtime.recording.durable import DurableRuns, Request
from pipedreamer.runtime.recording.events import Event, Events, shown_attempt
from pipedreamer.runtime.recording.lines import shown_line

if TYPE_CHECKING:
    from pipedreamer.runtime.tracing.traces import Traces

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
_NO_HEADERS: Final[Mapping[bytes, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Reads, cancels and repeats runs.

    `running` are those under way that the record may not have yet, `under_way` gives one of them, `unsaid` the lines of
    a run that it has not. `masked` hides what a value keeps of secrets, `restored` puts it back. `nodes` are the
    workflow's in the order of the plan, with their parents; `after` gives a node's successors, all of them, with
    itself. `fits` refuses an input, given as a value and the size of its text. Runs belong to the `traces` of their
    callers, where there are any.
    """

    workflow: str
    store: Store
    durable: DurableRuns
    running: Callable[[], list[Run]]
    under_way: Callable[[str], Run | None]
    events: Events
    unsaid: Callable[[str], tuple[Line, ...]]
    cancel: Callable[[str], bool]
    masked: Callable[[bytes], bytes]
    restored: Callable[[bytes], bytes]
    nodes: dict[str, tuple[str, ...]]
    after: Callable[[str], frozenset[str]]
    fits: Callable[[Any, int], Answer | None] = lambda _, __: None
    traces: "Traces | None" = None

    async def answer(
        self, method: str, path: str, query: bytes, body: bytes = b"", headers: Mapping[bytes, bytes] = _NO_HEADERS
    ) -> Answer | Stream:
        """The answer to a request below `/runs`; the methods were looked at before."""
        try:
            match path.split("/")[1:]:
                case ["runs"]:
                    return await self._page(query)
                case ["runs", "events"]:
                    return Stream(self._all_events())
                case ["runs", run_id]:
                    return await self._show(run_id)
                case ["runs", run_id, "events"]:
                    run = await self._find(run_id)
                    return (
                        _unknown(run_id)
                        if run is None
                        else Stream(self._events_of(run, last_line(headers.get(b"last-event-id", b""))))
                    )
                case ["runs", run_id, "logs"]:
                    return await self._logs(run_id, query)
                case ["runs", run_id, "input"]:
                    return await self._value(run_id, None)
                case ["runs", run_id, "nodes", node, "output"]:
                    return await self._value(run_id, node)
                case ["runs", run_id, "cancel"] if method == "POST":
                    return await self._cancel(run_id)
                case ["runs", run_id, "rerun"] if method == "POST":
                    return await self._rerun(run_id, body, headers)
        except WrongQueryError as error:
            return refusal(400, str(error))
        return refusal(404, f"there is no path {path[:100]!r}")

    async def accept(self, request: Request, headers: Mapping[bytes, bytes] = _NO_HEADERS) -> str | Answer:
        """The id of a durable run once it is on the disk; the refusal of a key that came with another body."""
        if self.traces is not None:
            request = replace(request, run_id=self.traces.expect(headers, request.trigger))
        try:
            return await self.durable.accept(request)
        except KeyTakenError as error:
            if error.same_body:
                return error.run_id
            return refusal(422, f"the Idempotency-Key was used for another body, in run {error.run_id}")

    async def _page(self, query: bytes) -> Answer:
        asked = query_of(self.workflow, query)
        page = await self.store.page(asked)
        kept = {one.id for one in page.summaries}
        under_way = [run for run in self.running() if run.id not in kept and is_asked_for(run, asked)]
        return _answer(views.Page([views.summary(one) for one in (*under_way, *page.summaries)], page.next))

    async def _find(self, run_id: str) -> Run | None:
        """A run of the record, or one under way that it has not yet."""
        return self.under_way(run_id) or await self.store.run(self.workflow, run_id)

    async def _show(self, run_id: str) -> Answer:
        run = await self._find(run_id)
        return _unknown(run_id) if run is None else _answer(views.detail(run, self.nodes, self.masked))

    async def _logs(self, run_id: str, query: bytes) -> Answer:
        asked = lines_of(query)
        lines = await self._said(run_id, asked.after, asked.limit)
        if not lines and await self._find(run_id) is None:
            return _unknown(run_id)
        shown = [shown_line(line) for line in lines if asked.node in ("", line.node)]
        return _answer({"lines": shown, "next": lines[-1].number if len(lines) == asked.limit else None})

    async def _all_events(self) -> AsyncGenerator[bytes]:
        async for event in self._watched(None):
            yield frame(event.kind, event.data)

    async def _events_of(self, run: Run, told: int) -> AsyncGenerator[bytes]:
        """What has happened in a run and what happens, until it ends; without the first `told` lines of its log."""
        watcher = self._watched(run.id)
        while lines := await self._said(run.id, told, MOST_LINES):
            told = lines[-1].number
            for line in lines:
                yield _line_frame(shown_line(line))
        now = await self._find(run.id) or run
        states = [shown_attempt(one) for one in now.attempts]
        for state in states:
            yield frame("node", state)
        yield frame("run", {"id": run.id, "state": now.state, "at": now.ended_at or now.started_at})
        if now.is_finished:
            return
        async for event in watcher:
            if event.kind == "log":
                if event.data["n"] > told:
                    yield _line_frame(event.data)
            elif event.data not in states:
                yield frame(event.kind, event.data)
            if event.kind == "run" and event.data["state"] in FINISHED:
                return

    def _watched(self, run_id: str | None) -> AsyncIterator[Event]:
        """Begins to watch at once, and ends with whoever reads."""
        watcher = self.events.watch(run_id)

        async def events() -> AsyncIterator[Event]:
            try:
                async for event in watcher:
                    yield event
            finally:
                watcher.close()

        return events()

    async def _said(self, run_id: str, after: int, limit: int) -> list[Line]:
        """Lines of the record, and those of a run under way that are not there yet."""
        unsaid = {line.number: line for line in self.unsaid(run_id) if line.number > after}
        kept = await self.store.lines(self.workflow, run_id, after, limit)
        found = unsaid | {line.number: line for line in kept}
        return [found[number] for number in sorted(found)][:limit]

    async def _value(self, run_id: str, node: str | None) -> Answer:
        run = await self._find(run_id)
        if run is None:
            return _unknown(run_id)
        value = run.input if node is None else next((o.output for o in run.attempts[::-1] if o.node == node), None)
        if value is None:
            return refusal(404, f"node {node!r} has no output in run {run_id}")
        return Answer(200, (JSON, NO_STORE), self.masked(value))

    async def _cancel(self, run_id: str) -> Answer:
        if self.durable.cancel(run_id) or self.cancel(run_id):
            return _answer(views.Named(run_id), 202)
        run = await self.store.run(self.workflow, run_id)
        if run is None:
            return _unknown(run_id)
        if run.is_finished:
            return refusal(409, f"run {run_id} has ended already ({run.state})")
        return refusal(409, f"run {run_id} is carried out by another engine; cancel it there")

    async def _rerun(self, run_id: str, body: bytes, headers: Mapping[bytes, bytes]) -> Answer:
        key = key_of(headers)
        if isinstance(key, Answer):
            return key
        try:
            wish = read_rerun(body)
        except ValueError as error:
            return refusal(400, str(error))
        run = await self._find(run_id)
        if run is None:
            return _unknown(run_id)
        if strange := [name for name in wish.chosen or () if name not in self.nodes]:
            return refusal(400, f"the workflow has no node {strange[0][:100]!r}; it has {', '.join(self.nodes)}")
        if wish.given is not None and (refused := self.fits(parse_json(wish.given), len(wish.given))):
            return refused
        try:
            return accepted(await self.accept(self._again(run, wish, key), headers), "../../")
        except MissingSecretError as error:
            return refusal(409, f"run {run_id} cannot be repeated as it was: {error}")

    def _again(self, run: Run, wish: Rerun, key: str | None) -> Request:
        chosen = wish.chosen or ()
        if wish.given is not None:
            return Request(wish.given, "rerun", key=key, rerun_of=run.id)
        kept = () if wish.chosen is None else self._kept(run, chosen)
        return Request(self.restored(run.input), "rerun", key=key, rerun_of=run.id, rerun_from=chosen, kept=kept)

    def _kept(self, run: Run, chosen: tuple[str, ...]) -> tuple[Attempt, ...]:
        """The outputs of nodes that are not run again; with none chosen those of all that succeeded."""
        again = frozenset().union(*(self.after(name) for name in chosen)) if chosen else frozenset()
        done = {one.node: one for one in run.attempts if one.state == "ok"}
        return tuple(one for name, one in done.items() if name in self.nodes and name not in again)


def accepted(found: str | Answer, up: str = "") -> Answer:
    """202 with the address of a durable run, `up` from where it was asked for, or why there is none."""
    if isinstance(found, Answer):
        return found
    answer = _answer(views.Address(found, f"runs/{found}"), 202)
    return Answer(202, (*answer.headers, (b"location", f"{up}runs/{found}".encode())), answer.body)


def methods_below_runs(path: str) -> tuple[str, ...] | None:
    """Which methods a path takes, None where there is no such path; a stream has no head to give by itself."""
    match path.split("/")[1:]:
        case ["runs", "events"] | ["runs", _, "events"]:
            return ("GET",)
        case ["runs"] | ["runs", _] | ["runs", _, "logs" | "input"] | ["runs", _, "nodes", _, "output"]:
            return ("GET", "HEAD")
        case ["runs", _, "cancel" | "rerun"]:
            return ("POST",)
    return None


def _line_frame(line: Mapping[str, Any]) -> bytes:
    return frame("log", line, name=str(line["n"]))


def _answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, (JSON, NO_STORE), msgspec.json.encode(value))


def _unknown(run_id: str) -> Answer:
    return refusal(404, f"there is no run {run_id[:64]!r} in the record")
