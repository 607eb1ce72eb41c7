"""Runs as they are met: quick ones, failed and cancelled ones, huge ones."""

import time
from typing import Any

from tests.integration.web.twin import Json, Twin, plan

ORDERS = (
    ("read", "check"),
    ("read", "prices"),
    ("check", "reserve"),
    ("prices", "invoice"),
    ("reserve", "invoice"),
    ("invoice", "mail"),
    ("reserve", "warehouse"),
)
SCHEMA: Json = {
    "type": "object",
    "required": ["order", "customer"],
    "properties": {
        "order": {"type": "integer", "minimum": 1, "description": "The number that the customer was given."},
        "customer": {"$ref": "#/$defs/person"},
        "urgent": {"type": "boolean", "default": False},
        "route": {"enum": ["air", "sea", "road"], "default": "road"},
        "labels": {"type": "array", "items": {"type": "string"}},
        "more": {"anyOf": [{"type": "string"}, {"type": "object"}]},
    },
    "$defs": {
        "person": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "mail": {"type": "string", "format": "email"}},
        }
    },
}
ERROR = """ValueError: the warehouse has no shelf 'Q-17'
    nodes/reserve.py:31 in run: shelf = find(order["shelf"])
    nodes/shelves.py:12 in find: raise ValueError(f"the warehouse has no shelf {name!r}")"""


def orders() -> Twin:
    return Twin(plan(*ORDERS) | {"inputSchema": SCHEMA})


def play(twin: Twin, run: Json, node: str, begin: int, end: int, **more: Any) -> None:
    """A node's attempt, ms after the run's start."""
    start = run["startedAt"]
    twin.node(run, node, "running", start + begin)
    twin.say(run, node, f"{node} begins with {{'order': 7}}", at=start + begin + 1)
    state = more.pop("state", "ok")
    twin.node(run, node, state, start + end, **more)


def succeeded(twin: Twin, ago_ms: int = 60_000, **more: Any) -> Json:
    run = twin.add("succeeded", ago_ms, 2480, **more)
    play(
        twin,
        run,
        "read",
        12,
        240,
        output={"order": 7, "lines": [{"sku": "A-1", "count": 2}, {"sku": "B-9", "count": 1}]},
    )
    play(twin, run, "check", 250, 420, output=True)
    play(
        twin, run, "prices", 262, 700, state="retry", error="TimeoutError: the price list did not answer within 400 ms"
    )
    play(twin, run, "prices", 900, 1610, output={"total": 129.5, "currency": "EUR"})
    play(twin, run, "reserve", 424, 1180, output={"shelf": "Q-16", "until": None})
    play(twin, run, "invoice", 1620, 2010, output={"number": "2026-11-0042", "text": "x" * 900})
    play(twin, run, "warehouse", 1190, 1260, output=None)
    play(twin, run, "mail", 2016, 2478, output={"sent": ["ada@example.org"]})
    return run


def failed(twin: Twin, ago_ms: int = 30_000, **more: Any) -> Json:
    run = twin.add("failed", ago_ms, 1240, error="reserve: ValueError: the warehouse has no shelf 'Q-17'", **more)
    play(twin, run, "read", 12, 240, output={"order": 7, "shelf": "Q-17"})
    play(twin, run, "check", 250, 420, output=True)
    play(twin, run, "prices", 262, 700, output={"total": 129.5})
    play(twin, run, "reserve", 424, 600, state="retry", error=ERROR)
    play(twin, run, "reserve", 800, 960, state="retry", error=ERROR)
    twin.say(run, "reserve", "attempt 2 of 3 failed: the warehouse has no shelf 'Q-17'", "warn")
    play(twin, run, "reserve", 1160, 1240, state="failed", error=ERROR)
    twin.say(run, "reserve", ERROR, "error")
    for node in run["nodes"]:
        if node["state"] == "waiting":
            node["state"] = "skipped"
    return run


def cancelled(twin: Twin, ago_ms: int = 20_000) -> Json:
    run = twin.add("cancelled", ago_ms, 700)
    play(twin, run, "read", 12, 240, output={"order": 7})
    play(twin, run, "check", 250, 700, state="cancelled")
    play(twin, run, "prices", 262, 700, state="cancelled")
    for node in run["nodes"]:
        if node["state"] == "waiting":
            node["state"] = "skipped"
    return run


def running(twin: Twin, ago_ms: int = 1500) -> Json:
    run = twin.add("running", ago_ms)
    play(twin, run, "read", 12, 240, output={"order": 7})
    play(twin, run, "check", 250, 420, output=True)
    play(twin, run, "prices", 262, 700, state="retry", error="TimeoutError: no answer")
    twin.node(run, "reserve", "running", run["startedAt"] + 424)
    twin.say(run, "reserve", "asking the warehouse")
    return run


def huge(nodes: int = 1000, lines: int = 10_000) -> tuple[Twin, Json]:
    """A run with so many nodes and lines; its last node returned 10 MB."""
    width = 25
    edges = [(f"step-{index:04}", f"step-{index + width:04}") for index in range(nodes - width)]
    edges += [(f"step-{index:04}", f"step-{index + width + 1:04}") for index in range(0, nodes - width - 1, 7)]
    twin = Twin(plan(*edges))
    run = twin.add("succeeded", 600_000, nodes * 10)
    for index, node in enumerate(run["nodes"]):
        begin = run["startedAt"] + index // width * 250 + index % 7 * 12
        node |= {"state": "succeeded", "output": index}
        node["attempts"] = [
            {"number": 1, "state": "ok", "startedAt": begin, "endedAt": begin + 100 + index % 13 * 10, "error": ""}
        ]
    run["nodes"][-1] |= {"output": {"$large": 10 * 1024 * 1024, "href": "/large"}, "outputSize": 10 * 1024 * 1024}
    for number in range(lines):
        twin.say(
            run,
            f"step-{number % nodes:04}",
            f"line {number}: " + "all is well " * (number % 40),
            at=run["startedAt"] + number,
        )
    return twin, run


def crowd(twin: Twin, count: int) -> None:
    """Older runs, of every state."""
    states = ("succeeded",) * 6 + ("failed", "cancelled", "interrupted", "succeeded")
    for index in range(count):
        state = states[index % 10]
        age = (count - index) * 137_000 + 120_000
        run = twin.add(state, age, 400 + index * 37 % 1900 + (90_000 if index % 17 == 0 else 0))
        run["trigger"] = ("http", "cron", "manual")[index % 3]
        if state == "failed":
            run["error"] = "reserve: ValueError: the warehouse has no shelf 'Q-17'"
        if state == "interrupted":
            run["error"] = "the engine ended while the run was going on"


def now() -> int:
    return int(time.time() * 1000)
