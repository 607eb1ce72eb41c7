"""`/health`, `/ready`, `/metrics`, and what is not there."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipedreamer.engine.service import Stats
from pipedreamer.runtime.counts import Durations


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_health_answers_every_method(engine: Any, method: str) -> None:
    answer = await engine.client.request(method, "/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


async def test_health_tells_the_layers_on_loopback_and_behind_a_proxy_the_status_alone(engine: Any) -> None:
    answer = await engine.client.get("/health")
    assert answer.json() == {"status": "ok", "workflow": "word-counter", "version": "1.0", "layers": {"seccomp": "on"}}
    answer = await engine.client.get("/health", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_head_gives_the_headers_of_get_and_no_body(engine: Any, path: str) -> None:
    answer = await engine.client.head(path)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


async def test_ready_is_503_before_the_start_and_while_draining(start_engine: Any) -> None:
    up = [False]
    engine = await start_engine(ready=lambda: up[0])
    answer = await engine.client.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "starting")
    up[0] = True
    assert (await engine.client.get("/ready")).json() == {"status": "ready"}
    engine.app.drain()
    answer = await engine.client.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "stopping")
    assert (await engine.client.get("/health")).status_code == 200


async def test_an_unknown_path_is_404_and_says_which_there_are(engine: Any) -> None:
    answer = await engine.client.post("/nowhere", json={})
    assert answer.status_code == 404
    paths = "/run, /health, /ready, /metrics, /workflow, /workflow.json, /openapi.json, /, /runs"
    assert answer.json() == {"error": f"there is no path '/nowhere'; there are {paths}"}


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/run", "GET, POST"),
        ("HEAD", "/run", "GET, POST"),
        ("OPTIONS", "/run", "GET, POST"),
        ("POST", "/ready", "GET, HEAD"),
        ("DELETE", "/metrics", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_405_with_allow(engine: Any, method: str, path: str, allow: str) -> None:
    answer = await engine.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert engine.twin.inputs == []
    assert method == "HEAD" or allow in answer.json()["error"]


async def test_metrics_tell_the_counters_and_how_long_runs_took(start_engine: Any) -> None:
    durations = Durations()
    for _ in range(3):
        durations.observe(30)
    stats = Stats(
        running=2,
        queued=3,
        workers=4,
        worker_restarts=5,
        settings_failures=6,
        rejected=7,
        runs={"succeeded": 8, "failed": 9},
        durable_running=10,
        durable_waiting=11,
        durations=durations,
    )
    engine = await start_engine(stats=lambda: stats)
    for _ in range(3):
        await engine.client.post("/run", json={})
    await engine.client.get("/nothing")
    answer = await engine.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = dict(_samples(answer))
    assert samples["pipedreamer_runs_running", ()] == 2
    assert samples["pipedreamer_runs_queued", ()] == 3
    assert samples["pipedreamer_workers", ()] == 4
    assert samples["pipedreamer_worker_restarts_total", ()] == 5
    assert samples["pipedreamer_settings_failures_total", ()] == 6
    assert samples["pipedreamer_runs_rejected_total", ()] == 7
    assert samples["pipedreamer_runs_total", (("state", "succeeded"),)] == 8
    assert samples["pipedreamer_runs_total", (("state", "failed"),)] == 9
    assert samples["pipedreamer_durable_runs_running", ()] == 10
    assert samples["pipedreamer_durable_runs_waiting", ()] == 11
    assert samples["pipedreamer_ready", ()] == 1
    assert samples["pipedreamer_http_answers_total", (("status", "200"),)] == 3
    assert samples["pipedreamer_http_answers_total", (("status", "404"),)] == 1
    assert samples["pipedreamer_run_duration_seconds_count", ()] == 3
    assert samples["pipedreamer_run_duration_seconds_sum", ()] == pytest.approx(0.09)
    assert samples["pipedreamer_run_duration_seconds_bucket", (("le", "0.025"),)] == 0
    assert samples["pipedreamer_run_duration_seconds_bucket", (("le", "0.05"),)] == 3
    assert samples["process_resident_memory_bytes", ()] > 0


async def test_metrics_come_as_openmetrics_where_that_is_asked_for(engine: Any) -> None:
    kind = "application/openmetrics-text; version=1.0.0"
    answer = await engine.client.get("/metrics", headers={"Accept": kind})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_answers_carry_a_date_and_no_server(engine: Any) -> None:
    answer = await engine.client.post("/run", json={})
    assert "date" in answer.headers
    assert "server" not in answer.headers


def _samples(answer: httpx.Response) -> Iterator[tuple[tuple[str, tuple[tuple[str, str], ...]], float]]:
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            yield (sample.name, tuple(sample.labels.items())), sample.value
