"""Deno workers for tests, each with a workflow folder of its own."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker

from pipedreamer.sandbox.protocol import NodeCode, Ready

Start = Callable[..., DenoWorker]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "flow"
    (root / "nodes").mkdir(parents=True)
    return root


@pytest.fixture
def launch(folder: Path) -> Iterator[Start]:
    """`launch(*flags, now_ns=...)` -> a worker that has no code yet."""
    started: list[DenoWorker] = []

    def launch(*flags: str, now_ns: int | None = None) -> DenoWorker:
        started.append(DenoWorker(folder, *flags, now_ns=now_ns))
        return started[-1]

    yield launch
    for worker in started:
        worker.__exit__(None, None, None)


@pytest.fixture
def write(folder: Path) -> Callable[..., NodeCode]:
    """`write("a", source)` -> the node, with its file in the folder."""

    def write(name: str, source: str, **more: Any) -> NodeCode:
        file = folder / "nodes" / f"{name}.ts"
        file.write_text(dedent(source))
        fields: dict[str, Any] = {"timeout_ms": 30_000, "retries": 0, "parents": (), **more}
        return NodeCode(id=name, file=str(file), **fields)

    return write


@pytest.fixture
def start(launch: Start, write: Callable[..., NodeCode]) -> Start:
    """`start(source)` -> a worker that has loaded one node, `n`."""

    def start(source: str, *flags: str, node: dict[str, Any] | None = None, **settings: Any) -> DenoWorker:
        worker = launch(*flags)
        loaded = worker.load(write("n", source, **(node or {})), **settings)
        assert isinstance(loaded.messages[-1], Ready), loaded.messages
        return worker

    return start


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
