"""What `/metrics` tells, as Prometheus text."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final, cast

from pipedreamer.engine.service import Stats

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector

BOUNDS_MS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000)


class Durations:
    """How long runs took, counted into buckets; `observe` costs one binary search."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_MS) + 1)
        self._sum_ms = 0

    def observe(self, milliseconds: int) -> None:
        """Count a run that took so many milliseconds."""
        self._counts[bisect_left(BOUNDS_MS, milliseconds)] += 1
        self._sum_ms += milliseconds

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts by upper bound in seconds, as Prometheus wants them."""
        bounds = [str(bound / 1000) for bound in BOUNDS_MS] + ["+Inf"]
        return list(zip(bounds, accumulate(self._counts), strict=True))

    @property
    def sum_seconds(self) -> float:
        return self._sum_ms / 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """All that is told at one moment; `answers` counts answers by status."""

    workflow: str
    version: str
    ready: bool
    stats: Stats
    durations: list[tuple[str, float]]
    duration_sum: float
    answers: Mapping[int, int]

    def collect(self) -> Iterator["Metric"]:
        """The metric families, as a collector of prometheus_client."""
        from prometheus_client.metrics_core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        about = {"workflow": self.workflow, "version": self.version}
        stats = self.stats
        yield InfoMetricFamily("pipedreamer_workflow", "The workflow that is served.", value=about)
        yield GaugeMetricFamily("pipedreamer_ready", "1 when runs are taken.", value=int(self.ready))
        yield GaugeMetricFamily("pipedreamer_runs_running", "Runs under way.", value=stats.running)
        yield GaugeMetricFamily("pipedreamer_runs_queued", "Runs that wait for a worker.", value=stats.queued)
        yield GaugeMetricFamily("pipedreamer_workers", "Worker processes that live.", value=stats.workers)
        for name, text, value in (
            ("pipedreamer_worker_restarts", "Worker processes that were replaced.", stats.worker_restarts),
            ("pipedreamer_settings_failures", "Secrets or config that could not be taken up.", stats.settings_failures),
            ("pipedreamer_runs_rejected", "Runs that there was no room for.", stats.rejected),
        ):
            yield CounterMetricFamily(name, text, value=value)
        runs = CounterMetricFamily("pipedreamer_runs", "Finished runs by outcome.", labels=("outcome",))
        for outcome, count in stats.runs.items():
            runs.add_metric((outcome,), count)
        yield runs
        answers = CounterMetricFamily("pipedreamer_http_answers", "Answers over HTTP by status.", labels=("status",))
        for status, count in sorted(self.answers.items()):
            answers.add_metric((str(status),), count)
        yield answers
        yield HistogramMetricFamily(
            "pipedreamer_run_duration_seconds",
            "How long runs over HTTP took.",
            buckets=self.durations,
            sum_value=self.duration_sum,
        )


def render(reading: Reading, accept: str) -> tuple[str, bytes]:
    """The content type and text of a scrape, in the format that `accept` asks for."""
    # Not at the top: the import takes a third of the time that an engine has to start in.
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.process_collector import ProcessCollector

    registry = CollectorRegistry()
    registry.register(cast("Collector", reading))
    ProcessCollector(registry=registry)
    encode, content_type = cast("tuple[Callable[..., bytes], str]", choose_encoder(accept))
    return content_type, encode(registry)
