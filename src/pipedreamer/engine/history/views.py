"""Runs as callers and people see them: secrets masked, large values named and not shown."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
import orjson

from pipedreamer.record import Attempt, Run, Summary
from pipedreamer.runtime.recording.events import state_now

MOST_SHOWN: Final = 256 * 1024
"""In bytes: a longer value is fetched by itself."""

Masked = Callable[[bytes], bytes]


def summary(run: Summary) -> dict[str, Any]:
    """A run in a list; times in ms since 1970."""
    return {
        "id": run.id,
        "state": run.state,
        "trigger": run.trigger,
        "version": run.code.version,
        "acceptedAt": run.accepted_at,
        "startedAt": run.started_at,
        "endedAt": run.ended_at,
        "durationMs": run.duration,
        "error": run.error,
        "rerunOf": run.rerun_of,
    }


def detail(run: Run, nodes: Mapping[str, tuple[str, ...]], masked: Masked) -> dict[str, Any]:
    """All of a run but its log; `nodes` are those of the workflow as it is now, in their order, with their parents."""
    code = {"code": run.code.code, "config": run.code.config, "lock": run.code.lock}
    return summary(run) | {
        "workflow": run.workflow,
        "durable": run.durable,
        "code": code,
        "rerunFrom": run.rerun_from,
        "input": _value(run.input, masked, f"{run.id}/input"),
        "nodes": [
            _node(run, name, attempts, masked) | {"parents": nodes.get(name, ())}
            for name, attempts in _by_node(run, nodes).items()
        ],
    }


def result(run: Run, masked: Masked) -> dict[str, Any]:
    """A run that has ended as `POST /run` answers it."""
    last = {one.node: one for one in run.attempts}
    done = [one for one in last.values() if one.state == "ok" and one.output is not None]
    return {
        "success": run.state == "succeeded",
        "runId": run.id,
        "version": run.code.version,
        "outputs": {one.node: msgspec.Raw(masked(one.output or b"null")) for one in done},
        "errors": {one.node: one.error or run.error for one in last.values() if one.state != "ok"},
        "timing": _timing(run.started_at, run.ended_at)
        | {"nodeTimings": {one.node: _timing(one.started_at, one.ended_at) for one in last.values()}},
    }


def _attempt(run: Run, one: Attempt) -> dict[str, Any]:
    return {
        "number": one.number,
        "state": one.state if run.is_finished else state_now(one),
        "startedAt": one.started_at,
        "endedAt": one.ended_at,
        "error": one.error,
    }


def encoded(value: Any) -> bytes:
    """A view as JSON."""
    return _encode(value)


_encode = msgspec.json.Encoder().encode


def _timing(began: int | None, ended: int | None) -> dict[str, Any]:
    took = ended - began if began is not None and ended is not None else None
    return {"startedAt": began, "completedAt": ended, "durationMs": took}


def _by_node(run: Run, nodes: Iterable[str]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {name: [] for name in nodes}
    for attempt in run.attempts:
        found.setdefault(attempt.node, []).append(attempt)
    return found


def _node(run: Run, name: str, attempts: list[Attempt], masked: Masked) -> dict[str, Any]:
    last = attempts[-1] if attempts else None
    output = last.output if last is not None else None
    return {
        "id": name,
        "state": _state(run, last),
        "attempts": [_attempt(run, one) for one in attempts],
        "output": None if output is None else _value(output, masked, f"{run.id}/nodes/{name}/output"),
        "outputSize": None if output is None else len(output),
    }


def _state(run: Run, last: Attempt | None) -> str:
    if last is None:
        return "skipped" if run.is_finished else "waiting"
    if last.ended_at is None and not run.is_finished:
        return "running"
    if last.state == "retry":
        return "failed" if run.is_finished else "waiting"
    return _STATES.get(last.state, last.state)


_STATES: Final[Mapping[str, str]] = {"ok": "succeeded"}


def _value(value: bytes, masked: Masked, address: str) -> Any:
    if len(value) > MOST_SHOWN:
        return {"$large": len(value), "href": f"runs/{address}"}
    return msgspec.Raw(masked(value))


def parsed(body: bytes) -> Any:
    """A request's JSON; raises ValueError."""
    return orjson.loads(body) if body.strip() else {}
