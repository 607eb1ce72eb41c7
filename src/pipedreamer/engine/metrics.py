"""What `/metrics` tells, as Prometheus text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pipedreamer.engine.service import Stats
from pipedreamer.runtime.recording.figures import RecordFigures

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """All that is told at one moment; `answers` counts answers by status. Without a `record` no run is kept."""

    workflow: str
    version: str
    ready: bool
    stats: Stats
    answers: Mapping[int, int]
    record: RecordFigures | None = None

    def collect(self) -> Iterator["Metric"]:
        """The metric families, as a collector of prometheus_client."""
        yield from self._engine()
        yield from self._runs()
        yield from self._nodes()
        if self.record is not None:
            yield from self._record(self.record)

    def _engine(self) -> Iterator["Metric"]:
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

        about = {"workflow": self.workflow, "version": self.version}
        stats = self.stats
        yield InfoMetricFamily("pipedreamer_workflow", "The workflow that is served.", value=about)
        for name, text, value in (
            ("ready", "1 when runs are taken.", int(self.ready)),
            ("runs_running", "Runs under way.", stats.running),
            ("runs_queued", "Runs that wait for a worker.", stats.queued),
            ("durable_runs_running", "Durable runs under way; they are among the others, too.", stats.durable_running),
            ("durable_runs_waiting", "Durable runs that were accepted and have not begun.", stats.durable_waiting),
            ("workers", "Worker processes that live.", stats.workers),
        ):
            yield GaugeMetricFamily(f"pipedreamer_{name}", text, value=value)
        for name, text, value in (
            ("worker_restarts", "Worker processes that were replaced.", stats.worker_restarts),
            ("settings_failures", "Secrets or config that could not be taken up.", stats.settings_failures),
            ("runs_rejected", "Runs that there was no room for.", stats.rejected),
        ):
            yield CounterMetricFamily(f"pipedreamer_{name}", text, value=value)
        answers = CounterMetricFamily("pipedreamer_http_answers", "Answers over HTTP by status.", labels=("status",))
        for status, count in sorted(self.answers.items()):
            answers.add_metric((str(status),), count)
        yield answers

    def _runs(self) -> Iterator["Metric"]:
        from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

        runs = CounterMetricFamily("pipedreamer_runs", "Runs that have ended, by state.", labels=("state",))
        for state, count in self.stats.runs.items():
            runs.add_metric((state,), count)
        yield runs
        durations = self.stats.durations
        yield HistogramMetricFamily(
            "pipedreamer_run_duration_seconds",
            "How long runs took, from their first node's begin to their last one's end.",
            buckets=durations.buckets(),
            sum_value=durations.sum_seconds,
        )

    def _nodes(self) -> Iterator["Metric"]:
        from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

        durations = HistogramMetricFamily(
            "pipedreamer_node_duration_seconds", "How long nodes took with their retries.", labels=("node",)
        )
        attempts = CounterMetricFamily(
            "pipedreamer_node_attempts", "Attempts at nodes by how they ended.", labels=("node", "state")
        )
        for node, counts in self.stats.nodes.items():
            durations.add_metric((node,), counts.durations.buckets(), counts.durations.sum_seconds)
            for state, count in counts.attempts().items():
                attempts.add_metric((node, state), count)
        yield durations
        yield attempts

    def _record(self, record: RecordFigures) -> Iterator["Metric"]:
        from prometheus_client.metrics_core import GaugeMetricFamily

        for name, text, value in (
            ("bytes", "What the record takes on disk.", record.bytes),
            ("runs", "Runs in the record.", record.runs),
            ("waiting_changes", "Changes that are being written or wait for it.", record.waiting),
            ("lag_seconds", "For how long the write under way has not been done.", record.lag_s),
            ("trouble", "1 when the last write failed.", int(record.is_in_trouble)),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"pipedreamer_record_{name}", text, value=value)


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
