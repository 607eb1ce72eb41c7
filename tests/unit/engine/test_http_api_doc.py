"""docs/http-api.md says all that a caller can meet."""

import re
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric

from pipedreamer.engine.entrance import ROUTES
from pipedreamer.engine.metrics import Reading
from pipedreamer.engine.service import Stats
from pipedreamer.runtime.recording.figures import RecordFigures

ROOT = Path(__file__).parents[3]
DOC = (ROOT / "docs/http-api.md").read_text()
WATCHING = (ROOT / "docs/observability.md").read_text()
SOURCES = "\n".join(path.read_text() for path in (ROOT / "src/pipedreamer/engine").rglob("*.py"))
STATUSES = sorted(set(re.findall(r"(?:refusal|Answer)\(\s*(\d{3})\b", SOURCES)))


def test_the_statuses_are_found_in_the_source() -> None:
    assert {
        "200",
        "303",
        "400",
        "401",
        "403",
        "404",
        "405",
        "408",
        "413",
        "415",
        "422",
        "429",
        "431",
        "500",
        "503",
    } <= set(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_described(status: str) -> None:
    assert re.search(rf"^\| {status} \||[Ss]tatus {status} |^{status} with ", DOC, re.MULTILINE)


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_is_described_with_its_methods(path: str) -> None:
    methods = ", ".join(sorted(ROUTES[path], reverse=path == "/run")) or "any"
    assert re.search(rf"^\| `{path}` \| {methods} \|", DOC, re.MULTILINE)


@pytest.mark.parametrize("header", ["Allow", "Retry-After", "X-Run-Id", "Connection: close", "Content-Encoding"])
def test_every_header_of_its_own_is_described(header: str) -> None:
    assert f"`{header}`" in DOC


def test_every_metric_is_described() -> None:
    reading = Reading(
        workflow="w",
        version="1.0",
        ready=True,
        stats=Stats(runs={"succeeded": 1}),
        answers={200: 1},
        record=RecordFigures(bytes=1, runs=1, waiting=0, lag_s=0.0, is_in_trouble=False),
    )
    suffix = {"counter": "_total", "info": "_info"}
    families: list[Metric] = list(reading.collect())
    assert len(families) == 20
    for family in families:
        assert f"`{family.name}{suffix.get(family.type, '')}`" in WATCHING
