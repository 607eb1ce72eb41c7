"""The engine's API as the page knows it, over data that a test sets and changes; events go to whoever listens."""

import threading
import time
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
FINAL = {"succeeded", "failed", "cancelled", "interrupted"}


def plan(*edges: tuple[str, str], alone: tuple[str, ...] = (), files: str = "nodes/{}.py") -> Json:
    """A workflow as `GET /workflow` gives it."""
    ids = dict.fromkeys([*alone, *(node for edge in edges for node in edge)])
    parents = {name: [source for source, target in edges if target == name] for name in ids}
    depth: dict[str, int] = {}
    for _ in ids:
        for name in ids:
            depth[name] = max((depth.get(parent, 0) + 1 for parent in parents[name]), default=0)
    stages: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in ids:
        stages[depth[name]].append(name)
    return {
        "name": "orders",
        "version": "1.4",
        "description": "Takes orders, checks them, and tells the warehouse.",
        "triggers": [{"type": "manual"}, {"type": "cron", "schedule": "*/5 * * * *"}],
        "nodes": [
            {
                "id": name,
                "file": files.format(name),
                "language": "python",
                "timeoutMs": 30_000,
                "retries": 2,
                "parents": parents[name],
            }
            for name in ids
        ],
        "stages": stages,
        "inputSchema": None,
        "layers": {"process": "its own", "files": "Landlock, mount namespace", "memory": "not held: no cgroup here"},
        "digest": "5e1f" * 16,
    }


def new_id(count: int) -> str:
    return f"{count:012x}{'a1b2c3d4e5f6'}{count:08x}"


class Twin:
    """Workflow, runs and lines; every change is said to the listeners, and kept for those that come later."""

    def __init__(self, workflow: Json) -> None:
        self.workflow = workflow
        self.runs: dict[str, Json] = {}
        self.lines: dict[str, list[Json]] = {}
        self.events: list[tuple[str, str, Json]] = []  # (run, kind, data)
        self.posted: list[tuple[str, Json]] = []
        self.refusals: list[tuple[int, Json]] = []
        self.changed = threading.Condition()
        self.closing = 0
        self.away = False

    def add(self, state: str = "succeeded", ago_ms: int = 60_000, took_ms: int = 1200, **more: Any) -> Json:
        """A run; one that is not live has its nodes, each after its parents."""
        accepted = int(time.time() * 1000) - ago_ms
        run: Json = {
            "id": new_id(len(self.runs) + 1),
            "state": state,
            "trigger": "http",
            "version": self.workflow["version"],
            "acceptedAt": accepted,
            "startedAt": accepted,
            "endedAt": accepted + took_ms if state in FINAL else None,
            "durationMs": took_ms if state in FINAL else None,
            "error": None,
            "rerunOf": None,
            "input": {"order": 7},
            "nodes": [self.waiting(node["id"]) for node in self.workflow["nodes"]],
            "code": {"code": "c0de" * 16, "config": "c0ff" * 16, "lock": "10c4" * 16},
            "rerunFrom": [],
            **more,
        }
        self.runs[run["id"]] = run
        self.lines.setdefault(run["id"], [])
        self.tell(run["id"], "run", {"id": run["id"], "state": state, "at": accepted})
        return run

    @staticmethod
    def waiting(name: str) -> Json:
        return {"id": name, "state": "waiting", "attempts": [], "output": None, "outputSize": None}

    def node(self, run: Json, name: str, state: str, at: int, **more: Any) -> None:
        """What happens to a node's latest attempt: `running` begins one, anything else ends it."""
        node = next(node for node in run["nodes"] if node["id"] == name)
        if state == "running":
            number = len(node["attempts"]) + 1
            node["attempts"].append({"number": number, "state": state, "startedAt": at, "endedAt": None, "error": ""})
        else:
            node["attempts"][-1] |= {"state": state, "endedAt": at, "error": more.get("error", "")}
        node["state"] = {"ok": "succeeded", "retry": "waiting"}.get(state, state)
        if "output" in more:
            node["output"] = more["output"]
        event = {"node": name, "attempt": node["attempts"][-1]["number"], "state": state, "at": at}
        self.tell(run["id"], "node", event | ({"error": more["error"]} if more.get("error") else {}))

    def say(self, run: Json, node: str, message: str, level: str = "info", at: int | None = None) -> None:
        lines = self.lines[run["id"]]
        moment = int(time.time() * 1000) if at is None else at
        line = {"n": len(lines) + 1, "at": moment, "node": node, "attempt": 1, "level": level, "message": message}
        lines.append(line)
        self.tell(run["id"], "log", line)

    def end(self, run: Json, state: str, at: int, error: str | None = None) -> None:
        run |= {"state": state, "endedAt": at, "durationMs": at - run["startedAt"], "error": error}
        self.tell(run["id"], "run", {"id": run["id"], "state": state, "at": at})

    def tell(self, run: str, kind: str, data: Json) -> None:
        with self.changed:
            self.events.append((run, kind, data))
            self.changed.notify_all()

    def drop(self) -> None:
        """End every stream of events that is open."""
        with self.changed:
            self.closing += 1
            self.changed.notify_all()

    def heard(self, run: str | None, after: int) -> Iterator[tuple[int, str, Json] | None]:
        """Events with their numbers, from the past on; None where nothing came for a while."""
        begun = self.closing
        position = after
        while True:
            with self.changed:
                if self.closing != begun:
                    return
                came = position < len(self.events) or self.changed.wait(0.5)
                fresh = self.events[position:]
            if not came:
                yield None
            for name, kind, data in fresh:
                position += 1
                if run == name or (run is None and kind == "run"):
                    yield position, kind, data

    def summaries(self, query: dict[str, str]) -> Json:
        """`GET /runs`."""
        found = [run for run in reversed(self.runs.values()) if _fits(run, query)]
        before = query.get("before")
        if before:
            found = [run for run in found if run["id"] < before]
        limit = int(query.get("limit", "50"))
        hidden = {"input", "nodes", "code", "rerunFrom"}
        page = [{key: value for key, value in run.items() if key not in hidden} for run in found[:limit]]
        return {"runs": page, "next": page[-1]["id"] if len(found) > limit else None}


def _fits(run: Json, query: dict[str, str]) -> bool:
    text = query.get("text", "")
    return (
        all(run[name] == query[name] for name in ("state", "trigger", "version") if query.get(name))
        and run["acceptedAt"] >= int(query.get("since") or 0)
        and run["acceptedAt"] <= int(query.get("until") or 10**15)
        and (not text or run["id"].startswith(text) or text in (run["error"] or ""))
    )
