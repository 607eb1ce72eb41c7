"""What the benchmarks make of numbers: what wrk prints, percentiles, medians, tables, the plot."""

from xml.etree import ElementTree

import pytest
from benchmarks import plot, report, wrk
from benchmarks.results import CEILING, Figure, Goal, Load, Results, median_load, percentile

PRINTED = """\
Running 6s test @ http://127.0.0.1:8080/run
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.10ms    2.01ms  40.31ms   97.32%
    Req/Sec    18.22k     3.20k   21.99k    88.00%
  Latency Distribution
     50%  812.00us
     75%    1.02ms
     90%    1.50ms
     99%    1.20s
  108745 requests in 6.00s, 29.14MB read
Requests/sec:  18122.33
Transfer/sec:      4.86MB
"""


def load(system: str, at_once: int, rate: float, p99_ms: float | None = 2.0) -> Load:
    return Load(system, at_once, int(rate), rate, 1.0, p99_ms, 50.0, 40.0)


def test_what_wrk_prints_is_read_in_milliseconds() -> None:
    assert wrk.read(PRINTED) == wrk.Answered(108745, 18122.33, 0.812, 1200)


@pytest.mark.parametrize("line", ["  Non-2xx or 3xx responses: 7", "  Socket errors: connect 0, read 3"])
def test_answers_that_are_no_success_are_an_error(line: str) -> None:
    with pytest.raises(RuntimeError, match=line.strip()[:7]):
        wrk.read(PRINTED + line)


@pytest.mark.parametrize(("percent", "expected"), [(50, 2), (51, 3), (75, 3), (99, 4), (100, 4)])
def test_a_percentile_is_one_of_the_values(percent: int, expected: int) -> None:
    assert percentile([4, 1, 3, 2], percent) == expected


def test_each_number_of_several_rounds_is_the_median_of_its_own() -> None:
    rounds = [load("a", 16, 10, 9), load("a", 16, 30, None), load("a", 16, 20, 5)]
    assert median_load(rounds) == Load("a", 16, 60, 20, 1.0, 7.0, 50.0, 40.0)


def test_the_table_says_the_share_of_the_ceiling_and_whether_a_goal_is_met() -> None:
    results = Results(loads=[load(CEILING, 16, 8000), load("pipedreamer", 16, 6000), load("other", 16, 4, None)])
    results.figures = [
        Figure("start", "pipedreamer", 299, "ms", Goal(300)),
        Figure("runs/s", "pipedreamer", 0.7, "", Goal(0.75, at_least=True)),
    ]
    lines = report.markdown(results).splitlines()
    assert "| pipedreamer | 16 | 6,000 | 0.75 | 1.00 | 2.00 | 50.0 | 40.0 |" in lines
    assert "| other | 16 | 4.00 | 1/2,000 | 1.00 |  | 50.0 | 40.0 |" in lines
    assert "| start | pipedreamer | 299 ms | under 300 ms | yes |" in lines
    assert "| runs/s | pipedreamer | 0.70 | at least 0.75 | no |" in lines


def test_a_bar_of_the_plot_is_longer_by_the_same_for_each_ten_times_as_many_runs() -> None:
    loads = [load(CEILING, 16, 10_000), load("pipedreamer", 16, 1000), load("a < b", 16, 100)]
    drawn = ElementTree.fromstring(plot.svg(Results(loads=loads)))  # noqa: S314 - our own
    bars = [float(bar.attrib["width"]) for bar in drawn.findall("{*}rect")][2:]  # the first two are the legend's
    assert bars[0] - bars[1] == pytest.approx(bars[1] - bars[2], abs=0.2)
    assert bars[0] > bars[1] > bars[2] > 0
