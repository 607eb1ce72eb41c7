"""A collector that is down, hangs or is slow costs runs nothing."""

import asyncio
from typing import Any

import pytest
from tests.collector import Collector

ECHO = "def run(ctx, input):\n    return input\n"
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "20"}
GONE = "traces are lost, and runs go on: "


@pytest.fixture
def flow(write_workflow: Any) -> Any:
    return write_workflow({"a": ECHO})


async def until(holds: Any) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_each_outage_is_told_once(collector: Collector, trace: Any, flow: Any) -> None:
    collector.status = 401
    traced = await trace(flow, **QUICK)
    for batch in range(1, 4):
        assert (await traced.bench.run()).success
        await until(lambda batch=batch: len(collector.paths) >= batch)
    await until(lambda: traced.warnings)
    collector.status = 200
    await traced.bench.run()
    await until(lambda: collector.spans)
    collector.status = 400
    await traced.bench.run()
    await traced.close()
    assert traced.warnings == [
        f"{GONE}the collector answers {status}; see OTEL_EXPORTER_OTLP_ENDPOINT" for status in (401, 400)
    ]


async def test_a_collector_that_is_not_there_is_told_without_its_address(
    collector: Collector, trace: Any, flow: Any
) -> None:
    down = "http://127.0.0.1:1/secret-path"
    traced = await trace(flow, **QUICK, OTEL_EXPORTER_OTLP_ENDPOINT=down, OTEL_EXPORTER_OTLP_TIMEOUT="0.1")
    assert (await traced.bench.run()).success
    await until(lambda: traced.warnings)
    assert traced.warnings == [f"{GONE}no collector can be reached; see OTEL_EXPORTER_OTLP_ENDPOINT"]


async def test_a_header_that_cannot_be_sent_is_not_quoted(
    collector: Collector, trace: Any, flow: Any, caplog: pytest.LogCaptureFixture
) -> None:
    traced = await trace(flow, **QUICK, OTEL_EXPORTER_OTLP_HEADERS="authorization=token%0Atail")
    assert (await traced.bench.run()).success
    await until(lambda: traced.warnings)
    assert traced.warnings == [f"{GONE}the collector cannot be asked (InvalidHeader); see OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert "token" not in caplog.text


async def test_runs_and_the_end_do_not_wait_for_a_collector_that_hangs(
    collector: Collector, trace: Any, flow: Any
) -> None:
    collector.go_on.clear()
    traced = await trace(flow, **QUICK, OTEL_EXPORTER_OTLP_TIMEOUT="600")
    assert (await traced.bench.run()).success
    await until(collector.asked.is_set)
    for _ in range(200):
        assert (await traced.bench.run()).success
    async with asyncio.timeout(25):  # it is two seconds; the SDK's own end takes 30
        await traced.close()
    assert collector.spans == []


async def test_what_does_not_fit_is_dropped_by_whole_runs_and_told_once(
    collector: Collector, trace: Any, flow: Any
) -> None:
    collector.go_on.clear()
    traced = await trace(flow, **QUICK, OTEL_BSP_MAX_QUEUE_SIZE="5", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="5")
    for _ in range(50):
        assert (await traced.bench.run()).success
    await until(lambda: traced.warnings)
    assert traced.warnings == ["spans are made faster than they are sent: some runs have no trace"]
    collector.go_on.set()
    await traced.close()
    assert len(collector.runs()) == 2
    assert all(collector.nodes(run).keys() == {"a"} for run in collector.runs())


async def test_there_is_room_again_when_spans_have_been_sent(collector: Collector, trace: Any, flow: Any) -> None:
    traced = await trace(flow, **QUICK, OTEL_BSP_MAX_QUEUE_SIZE="2", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="2")
    for number in range(1, 4):
        assert (await traced.bench.run()).success
        await until(lambda number=number: len(collector.spans) == 2 * number)
        await until(lambda number=number: traced.traces._sending._exporter.taken == 2 * number)
    assert traced.warnings == []
