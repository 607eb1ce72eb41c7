"""The text of a scrape."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strictly
from prometheus_client.parser import text_string_to_metric_families as leniently

from pipedreamer.engine.metrics import Reading, render
from pipedreamer.engine.service import Stats
from pipedreamer.runtime.counts import NodeCounts, RunCounts
from pipedreamer.runtime.recording.figures import RecordFigures
from pipedreamer.runtime.result import RunResult, Timing

ODD = 'he said "no"\\ and\nleft'


def reading(record: RecordFigures | None = None, **nodes: NodeCounts) -> Reading:
    counts = RunCounts()
    counts.follow(["a"])
    counts.active = 1
    timing = Timing(1000, 1003, 3)
    counts.ended(RunResult("r", "1.0", {"a": b"1"}, {}, timing, {"a": timing}))
    stats = Stats(runs=counts.by_state, durations=counts.durations, nodes=counts.nodes | nodes)
    return Reading(workflow=ODD, version="1.0", ready=True, stats=stats, answers={200: 1}, record=record)


RECORD = RecordFigures(bytes=4096, runs=17, waiting=2, lag_s=0.5, is_in_trouble=True)


def samples(told: Reading) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    kind, text = render(told, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in strictly(text.decode())  # type: ignore[no-untyped-call] # it has no types
        for sample in family.samples
    }


def test_a_node_s_histogram_is_one() -> None:
    told = samples(reading())
    name = "pipedreamer_node_duration_seconds"
    assert told[f"{name}_bucket", (("le", "0.002"), ("node", "a"))] == 0
    assert told[f"{name}_bucket", (("le", "0.005"), ("node", "a"))] == 1
    assert told[f"{name}_bucket", (("le", "+Inf"), ("node", "a"))] == 1
    assert told[f"{name}_count", (("node", "a"),)] == 1
    assert told[f"{name}_sum", (("node", "a"),)] == pytest.approx(0.003)
    assert told["pipedreamer_node_attempts_total", (("node", "a"), ("state", "succeeded"))] == 1
    assert told["pipedreamer_runs_total", (("state", "succeeded"),)] == 1
    assert told["pipedreamer_runs_total", (("state", "interrupted"),)] == 0


def test_the_record_is_told_where_there_is_one() -> None:
    told = samples(reading(RECORD))
    assert {name: value for (name, _), value in told.items() if name.startswith("pipedreamer_record_")} == {
        "pipedreamer_record_bytes": 4096,
        "pipedreamer_record_runs": 17,
        "pipedreamer_record_waiting_changes": 2,
        "pipedreamer_record_lag_seconds": 0.5,
        "pipedreamer_record_trouble": 1,
    }
    assert not any(name.startswith("pipedreamer_record_") for name, _ in samples(reading()))


def test_what_is_not_known_of_the_record_is_left_out() -> None:
    unknown = RecordFigures(bytes=None, runs=None, waiting=0, lag_s=0.0, is_in_trouble=False)
    told = samples(reading(unknown))
    assert ("pipedreamer_record_bytes", ()) not in told
    assert told["pipedreamer_record_trouble", ()] == 0


@pytest.mark.parametrize("record", [None, RECORD])
def test_each_family_is_told_once_with_help_type_and_a_name_by_the_conventions(record: RecordFigures | None) -> None:
    text = render(reading(record, **{ODD: NodeCounts()}), "")[1].decode()
    families = {family.name: family for family in leniently(text) if family.name.startswith("pipedreamer")}
    assert len(families) == (15 if record is None else 20)
    helps = [line.split()[2] for line in text.splitlines() if line.startswith("# HELP")]
    assert len(helps) == len(set(helps))
    for family in families.values():
        assert family.documentation.endswith(".")
        assert family.type != "unknown"
        assert all(sample.name.endswith("_total") for sample in family.samples if family.type == "counter")
    labels = {sample.labels.get("node") for sample in families["pipedreamer_node_attempts"].samples}
    assert labels == {"a", ODD}
