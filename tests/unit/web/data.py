"""Pages' data in its smallest form."""

from typing import Any

Json = dict[str, Any]
NOW = 1_767_225_600_000


def workflow(**more: Any) -> Json:
    nodes = [
        {"id": name, "file": f"nodes/{name}.py", "language": "python", "timeoutMs": 1, "retries": 0, "parents": above}
        for name, above in (("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b", "c"]))
    ]
    return {
        "name": "flow",
        "version": "1",
        "description": "",
        "triggers": [],
        "nodes": nodes,
        "stages": [["a"], ["b", "c"], ["d"]],
        "inputSchema": None,
        "layers": {"time": "enforced"},
        "digest": "d" * 64,
        **more,
    }


def attempt(begin: int, end: int | None, state: str = "ok", number: int = 1) -> Json:
    return {
        "number": number,
        "state": state,
        "startedAt": NOW + begin,
        "endedAt": None if end is None else NOW + end,
        "error": "",
    }


def node(name: str, state: str, *attempts: Json, output: Any = None) -> Json:
    return {"id": name, "state": state, "attempts": list(attempts), "output": output, "outputSize": None}


def run(**more: Any) -> Json:
    return {
        "id": "0" * 31 + "1",
        "state": "succeeded",
        "trigger": "http",
        "version": "1",
        "acceptedAt": NOW,
        "startedAt": NOW,
        "endedAt": NOW + 100,
        "durationMs": 100,
        "error": None,
        "rerunOf": None,
        "input": {"of": "run"},
        "nodes": [
            node("a", "succeeded", attempt(0, 20), output=1),
            node("b", "succeeded", attempt(20, 30, "retry"), attempt(50, 80, number=2), output=2),
            node("c", "succeeded", attempt(25, 40), output=3),
            node("d", "succeeded", attempt(80, 100), output=4),
        ],
        **more,
    }


def run_page(query: Json | None = None, lines: tuple[Json, ...] = (), **more: Any) -> Json:
    return {
        "workflow": workflow(),
        "run": run(**more),
        "logs": {"lines": list(lines), "next": None},
        "query": query or {},
    }
