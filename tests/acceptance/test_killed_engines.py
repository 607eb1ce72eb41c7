"""Engines that are killed under load: no run that was acknowledged is lost, stuck, or carried out by two at once."""

from pathlib import Path

import pytest
from tests.acceptance.load import EDGES, NODE, NODES, Load, kill_among_others, kill_one_after_the_other
from tests.acceptance.running import StartEngine
from tests.conftest import WriteWorkflow
from tests.integration import postgresql

SEED = 20_261_121
KILLS = 5


@pytest.fixture
def flow(write_workflow: WriteWorkflow, signs: Path) -> Path:
    return write_workflow(dict.fromkeys(NODES, NODE.replace("SIGNS", str(signs))), edges=EDGES, signs=True)


def test_runs_in_a_file_outlive_their_engines(flow: Path, signs: Path, start: StartEngine) -> None:
    load = Load(signs, SEED)
    with load.calls():
        kill_one_after_the_other(load, lambda: start("serve", flow), KILLS)
        last = load.join(start("serve", flow))
    load.check(last)
    assert load.figures.kills == KILLS


def test_runs_in_postgresql_outlive_their_engines(
    flow: Path, signs: Path, start: StartEngine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    load = Load(signs, SEED)
    with postgresql.running(tmp_path_factory.mktemp("server")) as server:
        record = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        with load.calls():
            kill_among_others(load, lambda: start("serve", flow, "--record", record), KILLS)
        load.check(load.engines[-1])
    assert load.figures.kills >= KILLS
    assert load.figures.takeovers
