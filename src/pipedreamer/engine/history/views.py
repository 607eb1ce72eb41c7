"""Runs as callers and people see them: secrets masked, large values named and not shown."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from msgspec import Raw, Struct, json

from pipedreamer.record import Attempt, Run, State, Summary
from pipedreamer.record.model import AttemptState
from pipedreamer.runtime.recording.events import state_now
from pipedreamer.runtime.result import RunAnswer, RunTiming, Timing

MOST_SHOWN: Final = 256 * 1024
"""In bytes: a longer value is fetched by itself."""

Masked = Callable[[bytes], bytes]
NodeState = Literal["waiting", "running", "succeeded", "failed", "cancelled", "interrupted", "skipped"]


class RunSummary(Struct, frozen=True, rename="camel"):
    """A run in a list; times in ms since 1970."""

    id: str
    state: State
    has_ended: bool
    trigger: str
    version: str
    accepted_at: int
    started_at: int | None
    ended_at: int | None
    duration_ms: int | None
    error: str
    rerun_of: str | None


class Page(Struct, frozen=True):
    """Runs, newest first; `next` is the `before` of the next page, null at the end."""

    runs: list[RunSummary]
    next: str | None


class NodeAttempt(Struct, frozen=True, rename="camel"):
    """One attempt at a node; times in ms since 1970."""

    number: int
    state: AttemptState | Literal["running"]
    started_at: int
    ended_at: int | None
    error: str


class Node(Struct, frozen=True, rename="camel"):
    """What a node of a run came to; an output above 256 KiB is `{"$large": bytes, "href": where it is}`."""

    id: str
    state: NodeState
    attempts: list[NodeAttempt]
    output: Any
    output_size: int | None
    parents: tuple[str, ...]


class Digests(Struct, frozen=True):
    """What the run's code, config and packages were."""

    code: str
    config: str
    lock: str


class RunDetail(RunSummary, frozen=True, rename="camel"):
    """All of a run but its log; an input above 256 KiB is `{"$large": bytes, "href": where it is}`."""

    workflow: str
    durable: bool
    code: Digests
    rerun_from: tuple[str, ...]
    input: Any
    nodes: list[Node]


class Address(Struct, frozen=True):
    """A run that was accepted; `href` is relative to the engine's address."""

    id: str
    href: str


class Named(Struct, frozen=True):
    """The run that it is about."""

    id: str


def summary(run: Summary) -> RunSummary:
    """A run in a list."""
    return RunSummary(**_summary(run))


def detail(run: Run, nodes: Mapping[str, tuple[str, ...]], masked: Masked) -> RunDetail:
    """All of a run but its log; `nodes` are those of the workflow as it is now, in their order, with their parents."""
    return RunDetail(
        **_summary(run),
        workflow=run.workflow,
        durable=run.durable,
        code=Digests(run.code.code, run.code.config, run.code.lock),
        rerun_from=run.rerun_from,
        input=_value(run.input, masked, f"{run.id}/input"),
        nodes=[
            _node(run, name, attempts, nodes.get(name, ()), masked) for name, attempts in _by_node(run, nodes).items()
        ],
    )


def result(run: Run, masked: Masked) -> bytes:
    """A run that has ended as `POST /run` answers it."""
    last = {one.node: one for one in run.attempts}
    outputs = {one.node: Raw(masked(one.output or b"null")) for one in last.values() if one.state == "ok"}
    errors = {one.node: one.error or run.error for one in last.values() if one.state != "ok"}
    timings = {one.node: _timing(one.started_at, one.ended_at, run) for one in last.values()}
    whole = _timing(run.started_at, run.ended_at, run)
    timing = RunTiming(whole.started_at, whole.completed_at, whole.duration_ms, timings)
    success = run.state == "succeeded"
    return json.encode(RunAnswer(success, run.id, run.code.version, Raw(json.encode(outputs)), errors, timing))


def _summary(run: Summary) -> dict[str, Any]:
    return {
        "id": run.id,
        "state": run.state,
        "has_ended": run.is_finished,
        "trigger": run.trigger,
        "version": run.code.version,
        "accepted_at": run.accepted_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "duration_ms": run.duration,
        "error": run.error,
        "rerun_of": run.rerun_of,
    }


def _timing(began: int | None, ended: int | None, run: Run) -> Timing:
    """What never began, began and ended with its run."""
    end = ended or run.ended_at or run.accepted_at
    return Timing(began or end, end, end - (began or end))


def _by_node(run: Run, nodes: Iterable[str]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {name: [] for name in nodes}
    for attempt in run.attempts:
        found.setdefault(attempt.node, []).append(attempt)
    return found


def _node(run: Run, name: str, attempts: list[Attempt], parents: tuple[str, ...], masked: Masked) -> Node:
    last = attempts[-1] if attempts else None
    output = last.output if last is not None else None
    return Node(
        id=name,
        state=_state(run, last),
        attempts=[_attempt(run, one) for one in attempts],
        output=None if output is None else _value(output, masked, f"{run.id}/nodes/{name}/output"),
        output_size=None if output is None else len(output),
        parents=parents,
    )


def _attempt(run: Run, one: Attempt) -> NodeAttempt:
    state = one.state if run.is_finished else state_now(one)
    return NodeAttempt(one.number, state, one.started_at, one.ended_at, one.error)


def _state(run: Run, last: Attempt | None) -> NodeState:
    if last is None:
        return "skipped" if run.is_finished else "waiting"
    if last.ended_at is None and not run.is_finished:
        return "running"
    if last.state == "retry":
        return "failed" if run.is_finished else "waiting"
    return "succeeded" if last.state == "ok" else last.state


def _value(value: bytes, masked: Masked, address: str) -> Any:
    if len(value) > MOST_SHOWN:
        return {"$large": len(value), "href": f"runs/{address}"}
    return Raw(masked(value))
