"""A hundred engines that are killed under load on each store, and engines that lose their database or their time."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.acceptance.load import EDGES, NODE, NODES, Load, kill_among_others, kill_one_after_the_other
from tests.acceptance.running import Engine, StartEngine, eventually
from tests.conftest import WriteWorkflow
from tests.integration import postgresql
from tests.proxy import cuttable

SEED = 20_261_121
KILLS = 100
LEASE = 10
"""In seconds; see `runtime.recording.lease`."""

Start = Callable[[], Engine]


@pytest.fixture
def flow(write_workflow: WriteWorkflow, signs: Path) -> Path:
    return write_workflow(dict.fromkeys(NODES, NODE.replace("SIGNS", str(signs))), edges=EDGES, signs=True)


@pytest.fixture
def load(signs: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Load]:
    """Its figures are printed afterwards."""
    load = Load(signs, SEED)
    yield load
    with capsys.disabled():
        sys.stdout.write(f"\n{load.figures}\n")


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgresql.Server]:
    with postgresql.running(tmp_path_factory.mktemp("server")) as server:
        yield server


def test_runs_in_a_file_outlive_a_hundred_engines(flow: Path, load: Load, start: StartEngine) -> None:
    with load.calls():
        kill_one_after_the_other(load, lambda: start("serve", flow), KILLS)
        last = load.join(start("serve", flow))
    load.check(last)


def test_runs_in_postgresql_outlive_a_hundred_engines(
    flow: Path, load: Load, start: StartEngine, server: postgresql.Server
) -> None:
    with load.calls():
        kill_among_others(load, engines_at(server.port, flow, start), KILLS)
    load.check(load.engines[-1])


def test_an_engine_that_stood_still_has_lost_its_runs(
    flow: Path, load: Load, start: StartEngine, server: postgresql.Server
) -> None:
    started = engines_at(server.port, flow, start)
    first, second = load.join(started()), load.join(started())
    with load.calls():
        for _ in range(5):
            load.wait(5)
            first.signal(signal.SIGSTOP)
            time.sleep(LEASE + 6)
            first.signal(signal.SIGCONT)
        load.wait(5)
    first.says("they are stopped here", 5)
    second.says("going on with", 5)
    load.check(first)


@pytest.mark.parametrize("how", ["cut", "silence"])
def test_engines_whose_way_to_the_database_is_cut_go_on_afterwards(
    flow: Path, load: Load, start: StartEngine, server: postgresql.Server, how: str
) -> None:
    with cuttable(server.port) as way:
        cut_off = load.join(engines_at(way.port, flow, start)())
        load.join(engines_at(server.port, flow, start)())
        with load.calls():
            for seconds in (1, LEASE + 6, 3, LEASE + 6):
                load.wait(5)
                getattr(way, how)()
                time.sleep(seconds)
                way.heal()
                eventually(lambda: is_accepting(cut_off), "a run that is accepted again")
            load.wait(5)
        cut_off.says("they are stopped here", 2)
        load.check(cut_off)


@pytest.mark.parametrize("seconds", [1, LEASE + 5])
def test_runs_outlive_a_database_that_crashes(
    flow: Path, load: Load, start: StartEngine, server: postgresql.Server, seconds: int
) -> None:
    started = engines_at(server.port, flow, start)
    engines = [load.join(started()) for _ in range(2)]
    with load.calls():
        for _ in range(3):
            load.wait(5)
            server.stop()
            time.sleep(seconds)
            server.start()
            for engine in engines:
                eventually(lambda engine=engine: is_accepting(engine), "a run that is accepted again")  # type: ignore[misc]
        load.wait(5)
    load.check(engines[0], answered=False)


def engines_at(port: int, flow: Path, start: StartEngine) -> Start:
    record = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    return lambda: start("serve", flow, "--record", record)


def is_accepting(engine: Engine) -> bool:
    return engine.ask("POST", "/run", '{"n": 0, "pause": 0}', {"prefer": "respond-async"}).status == 202
