"""`/runs` and what is below it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pipedreamer.engine.answer import JSON, Answer, Header, refusal
from pipedreamer.engine.history import views
from pipedreamer.engine.history.questions import WrongQueryError, is_asked_for, number, parameters, query_of
from pipedreamer.engine.history.stream import Stream, frame
from pipedreamer.errors import KeyTakenError
from pipedreamer.record import Attempt, Line, Run, Store
from pipedreamer.runtime.recording.durable import DurableRuns, Request
from pipedreamer.runtime.recording.events import Event, Events, shown_attempt
from pipedreamer.runtime.recording.lines import shown_line

if TYPE_CHECKING:
    from pipedreamer.runtime.tracing.traces import Traces

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
MOST_LINES: Final = 1000
LONGEST_NUMBER: Final = 16
FINISHED: Final = frozenset({"succeeded", "failed", "cancelled", "interrupted"})
_NO_HEADERS: Final[Mapping[bytes, bytes]] = MappingProxyType({})
_RERUN: Final = 'a re-run is asked for by a JSON object: {"from": ["node", ...], "input": ...}, both optional'


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Reads, cancels and repeats runs.

    `running` are those under way that the record may not have yet, `under_way` gives one of them, `unsaid` the lines of
    a run that it has not. `masked` hides what a value keeps of secrets, `restored` puts it back. `nodes` are the
    workflow's in the order of the plan, with their parents; `after` gives a node's successors, all of them, with
    itself. `fits` refuses an input. Runs belong to the `traces` of their callers, where there are any.
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
    fits: Callable[[Any], Answer | None] = lambda _: None
    traces: "Traces | None" = None

    async def answer(
        self, method: str, path: str, query: bytes, body: bytes, last_event: bytes = b""
    ) -> Answer | Stream:
        """The answer to a request below `/runs`; the methods were looked at before.

        `last_event` is what a browser that lost its stream says it has heard.
        """
        try:
            match path.strip("/").split("/"):
                case ["runs"]:
                    return await self._page(query)
                case ["runs", "events"]:
                    return Stream(self._all_events())
                case ["runs", run_id]:
                    return await self._show(run_id)
                case ["runs", run_id, "events"]:
                    run = await self._find(run_id)
                    return _unknown(run_id) if run is None else Stream(self._events_of(run, _line_number(last_event)))
                case ["runs", run_id, "logs"]:
                    return await self._logs(run_id, query)
                case ["runs", run_id, "input"]:
                    return await self._value(run_id, None)
                case ["runs", run_id, "nodes", node, "output"]:
                    return await self._value(run_id, node)
                case ["runs", run_id, "cancel"] if method == "POST":
                    return await self._cancel(run_id)
                case ["runs", run_id, "rerun"] if method == "POST":
                    return await self._rerun(run_id, body)
        except WrongQueryError as error:
            return refusal(400, str(error))
        return refusal(404, f"there is no path {path[:100]!r}")

    async def begin(self, request: Request, headers: Mapping[bytes, bytes]) -> str:
        """The id of a durable run once it is on the disk. Raises as `DurableRuns.accept` does."""
        run_id = await self.durable.accept(request)
        if self.traces is not None:  # it begins in a later turn of the loop
            self.traces.expect(headers, request.trigger, run_id)
        return run_id

    async def accept(self, request: Request, headers: Mapping[bytes, bytes] = _NO_HEADERS) -> Answer:
        """202 with the run's address once it is on the disk."""
        try:
            run_id = await self.begin(request, headers)
        except KeyTakenError as error:
            if not error.same_body:
                return refusal(422, f"the Idempotency-Key was used for another body, in run {error.run_id}")
            run_id = error.run_id
        body = views.encoded({"id": run_id, "href": f"runs/{run_id}"})
        return Answer(202, (JSON, NO_STORE, (b"location", f"/runs/{run_id}".encode())), body)

    async def _page(self, query: bytes) -> Answer:
        asked = query_of(self.workflow, query)
        page = await self.store.page(asked)
        kept = {one.id for one in page.summaries}
        under_way = [run for run in self.running() if run.id not in kept and is_asked_for(run, asked)]
        return _answer({"runs": [views.summary(one) for one in (*under_way, *page.summaries)], "next": page.next})

    async def _find(self, run_id: str) -> Run | None:
        """A run of the record, or one under way that it has not yet."""
        return self.under_way(run_id) or await self.store.run(self.workflow, run_id)

    async def _show(self, run_id: str) -> Answer:
        run = await self._find(run_id)
        return _unknown(run_id) if run is None else _answer(views.detail(run, self.nodes, self.masked))

    async def _logs(self, run_id: str, query: bytes) -> Answer:
        given = parameters(query, ("after", "limit", "node"))
        after, limit = number(given, "after", 0), min(MOST_LINES, number(given, "limit", MOST_LINES))
        lines = await self._said(run_id, after, limit)
        if not lines and await self._find(run_id) is None:
            return _unknown(run_id)
        shown = [shown_line(line) for line in lines if given.get("node", line.node) == line.node]
        return _answer({"lines": shown, "next": lines[-1].number if len(lines) == limit else None})

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
        run = await self.store.run(self.workflow, run_id)
        if run is None:
            return _unknown(run_id)
        value = run.input if node is None else next((o.output for o in run.attempts[::-1] if o.node == node), None)
        if value is None:
            return refusal(404, f"node {node!r} has no output in run {run_id}")
        return Answer(200, (JSON, NO_STORE), self.masked(value))

    async def _cancel(self, run_id: str) -> Answer:
        if self.durable.cancel(run_id) or self.cancel(run_id):
            return _answer({"id": run_id}, 202)
        run = await self.store.run(self.workflow, run_id)
        if run is None:
            return _unknown(run_id)
        if run.is_finished:
            return refusal(409, f"run {run_id} has ended already ({run.state})")
        return refusal(409, f"run {run_id} is carried out by another engine; cancel it there")

    async def _rerun(self, run_id: str, body: bytes) -> Answer:
        try:
            wish = views.parsed(body)
        except ValueError as error:
            return refusal(400, f"the body is not JSON: {error}; {_RERUN}")
        chosen = wish.get("from") if isinstance(wish, dict) else "?"
        if not (chosen is None or (isinstance(chosen, list) and all(isinstance(name, str) for name in chosen))):
            return refusal(400, _RERUN)
        run = await self.store.run(self.workflow, run_id)
        if run is None:
            return _unknown(run_id)
        if strange := [name for name in chosen or () if name not in self.nodes]:
            return refusal(400, f"the workflow has no node {strange[0]!r}; it has {', '.join(self.nodes)}")
        given = views.encoded(wish["input"]) if "input" in wish else self.restored(run.input)
        if "input" in wish and (refused := self.fits(wish["input"])):
            return refused
        kept = () if chosen is None or "input" in wish else self._kept(run, chosen)
        request = Request(given, "rerun", rerun_of=run.id, rerun_from=tuple(chosen or ()), kept=kept)
        return await self.accept(request)

    def _kept(self, run: Run, chosen: list[str]) -> tuple[Attempt, ...]:
        """The outputs of nodes that are not run again; with none chosen those of all that succeeded."""
        again = frozenset().union(*(self.after(name) for name in chosen)) if chosen else frozenset()
        done = {one.node: one for one in run.attempts if one.state == "ok"}
        return tuple(one for name, one in done.items() if name in self.nodes and name not in again)


def methods_below_runs(path: str) -> tuple[str, ...] | None:
    """Which methods a path takes, None where there is no such path."""
    match path.strip("/").split("/"):
        case ["runs"] | ["runs", _] | ["runs", _, "logs" | "input" | "events"] | ["runs", _, "nodes", _, "output"]:
            return ("GET", "HEAD")
        case ["runs", _, "cancel" | "rerun"]:
            return ("POST",)
    return None


def _line_frame(line: Mapping[str, Any]) -> bytes:
    return frame("log", line, name=str(line["n"]))


def _line_number(last_event: bytes) -> int:
    return int(last_event) if last_event.isdigit() and len(last_event) < LONGEST_NUMBER else 0


def _answer(value: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, (JSON, NO_STORE), views.encoded(value))


def _unknown(run_id: str) -> Answer:
    return refusal(404, f"there is no run {run_id[:64]!r} in the record")
