"""Callers of engines that are killed, and what is to be true of their runs afterwards, as it is seen from outside."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.acceptance.running import Engine, eventually

NODES = ("a", "b", "c")
NODE = """\
import asyncio, os

async def run(ctx, input):
    descriptor = os.open("SIGNS/effects", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{ctx.run_id} {ctx.node} {ctx.attempt}\\n".encode())
    os.close(descriptor)
    await asyncio.sleep(input["pause"] / 1000)
    return {"pause": input["pause"], "n": input["n"] + 1}
"""
EDGES = [("a", "b"), ("b", "c")]
ASYNC = {"prefer": "respond-async"}


@dataclass
class Figures:
    """What came of it, to be printed."""

    seed: int
    kills: int = 0
    accepted: int = 0
    answered: int = 0
    nodes: int = 0
    again: int = 0
    takeovers: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        took = sorted(self.takeovers)
        times = f"p50 {took[len(took) // 2]:.1f} s, max {took[-1]:.1f} s" if took else "none"
        return (
            f"seed {self.seed}: {self.kills} kills, {self.accepted} durable runs acknowledged and finished, "
            f"{self.answered} others answered, {self.nodes} nodes of which {self.again} were begun again, "
            f"{len(took)} runs taken over ({times})"
        )


class Load:
    """Callers at several engines at once; `engines` may change while they call."""

    def __init__(self, signs: Path, seed: int) -> None:
        self.engines: list[Engine] = []
        self.moments = random.Random(seed)  # noqa: S311 - moments, no secrets
        self.figures = Figures(seed)
        self._killed_at: dict[int, float] = {}
        self._effects = signs / "effects"
        self._accepted: dict[str, tuple[int, Engine]] = {}
        self._answered: dict[str, Any] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(number,), daemon=True) for number in range(4)]

    def join(self, engine: Engine) -> Engine:
        """Callers call it too from now on."""
        self.engines.append(engine)
        return engine

    def kill(self, engine: Engine) -> None:
        """As the machine would when it fails."""
        if engine in self.engines:
            self.engines.remove(engine)
        os.kill(engine.process.pid, signal.SIGKILL)
        self._killed_at[engine.process.pid] = time.time()
        engine.child.wait()
        self.figures.kills += 1

    def wait(self, longest: float) -> None:
        """A random part of so many seconds."""
        time.sleep(self.moments.random() * longest)

    @contextmanager
    def calls(self) -> Iterator[None]:
        """While they call."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def check(self, engine: Engine, *, answered: bool = True) -> None:
        """Wait for the end of all runs, and look at each; without `answered` only at durable ones."""
        eventually(lambda: not self._listed(engine, "?state=accepted,running&limit=1"), "the end of all runs")
        kept = self._everything(engine)
        assert max(Counter(run["id"] for run in kept).values()) == 1
        states = {run["id"]: run["state"] for run in kept}
        assert {run: states.get(run) for run in self._accepted if states.get(run) != "succeeded"} == {}
        cut_off = [run for run, state in states.items() if state != "succeeded"]
        assert {states[run] for run in cut_off} <= {"interrupted"}
        assert [run for run in cut_off if engine.ask("GET", f"/runs/{run}").json["durable"]] == []
        begun = self._begun()
        for run_id, (given, its) in self._accepted.items():
            run = engine.ask("GET", f"/runs/{run_id}").json
            self._check_durable(run, given, begun)
            self._time_takeover(run, its)
        for run_id, outputs in self._answered.items() if answered else ():
            run = engine.ask("GET", f"/runs/{run_id}").json
            assert {node["id"]: node["output"] for node in run["nodes"]} == outputs
        self._count(begun)

    def _check_durable(self, run: Any, given: int, begun: dict[tuple[str, str], list[int]]) -> None:
        assert [node["output"]["n"] for node in run["nodes"]] == [given + 1, given + 2, given + 3], run
        for node in run["nodes"]:
            done = [attempt["number"] for attempt in node["attempts"] if attempt["state"] == "ok"]
            attempts = begun[run["id"], node["id"]]
            assert len(done) == 1, run
            assert max(attempts) == done[0], (run, attempts)
            assert len(set(attempts)) == len(attempts), (run, attempts)

    def _count(self, begun: dict[tuple[str, str], list[int]]) -> None:
        figures = self.figures
        figures.accepted = len(self._accepted)
        figures.answered = len(self._answered)
        figures.nodes = sum(map(len, begun.values()))
        figures.again = figures.nodes - len(begun)

    def _time_takeover(self, run: Any, engine: Engine) -> None:
        """From the death of the engine that had accepted it until it went on."""
        went_on = [one["endedAt"] for node in run["nodes"] for one in node["attempts"] if one["state"] == "interrupted"]
        if went_on and engine.process.pid in self._killed_at:
            self.figures.takeovers.append(min(went_on) / 1000 - self._killed_at[engine.process.pid])

    def _begun(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for line in self._effects.read_text().splitlines():
            run_id, node, attempt = line.split()
            found[run_id, node].append(int(attempt))
        return found

    def _call(self, number: int) -> None:
        moments = random.Random(f"{self.figures.seed} {number}")  # noqa: S311
        while not self._stop.is_set():
            given = {"n": moments.randrange(1000), "pause": moments.choice((0, 0, 20, 300))}
            with suppress(OSError, HTTPException, IndexError, json.JSONDecodeError):
                self._ask(moments.choice(self.engines), given, durable=number > 0)
            self._stop.wait(moments.random() / 10)

    def _ask(self, engine: Engine, given: dict[str, int], *, durable: bool) -> None:
        answer = engine.ask("POST", "/run", json.dumps(given), ASYNC if durable else {})
        if answer.status == 202:
            self._accepted[answer.json["id"]] = given["n"], engine
        elif answer.status == 200:
            self._answered[answer.json["runId"]] = answer.json["outputs"]

    def _listed(self, engine: Engine, query: str) -> list[Any]:
        found: list[Any] = engine.ask("GET", f"/runs{query}").json["runs"]
        return found

    def _everything(self, engine: Engine) -> list[Any]:
        page = engine.ask("GET", "/runs?limit=500").json
        found = page["runs"]
        while page["next"]:
            page = engine.ask("GET", f"/runs?limit=500&before={page['next']}").json
            found += page["runs"]
        return list(found)


def kill_one_after_the_other(load: Load, start: Callable[[], Engine], kills: int) -> None:
    """One engine at a time, as it is with a file: the next one starts when the one before is dead."""
    for _ in range(kills):
        engine = load.join(start())
        load.wait(3)
        load.kill(engine)


def kill_among_others(load: Load, start: Callable[[], Engine], kills: int) -> None:
    """Engines that share a record: who replaces one is started before, while or after that is killed."""
    load.join(start())
    for _ in range(kills):
        load.wait(3)
        match load.moments.choice(("before", "while", "after")):
            case "before":
                load.join(start())
                load.wait(2)
                load.kill(load.moments.choice(load.engines))
            case "while":
                killing = threading.Timer(load.moments.random(), load.kill, load.engines[:1])
                killing.start()
                engine = start()
                killing.join()
                load.join(engine)
            case _:
                load.kill(load.moments.choice(load.engines))
                load.join(start())
        while len(load.engines) > 2:
            load.kill(load.engines[0])
