"""`python -m benchmarks`: measures, prints the tables, and writes them with a plot into a folder."""

import argparse
import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import FrameType

from benchmarks import machine, plot, processors, report, single_runs, starting, throughput
from benchmarks.budget import FULL, QUICK, Budget
from benchmarks.others import driving
from benchmarks.results import Results
from benchmarks.servers import PROGRAM, ROOT

MEASURES: Mapping[str, Callable[[Budget], Results]] = {
    "throughput": throughput.measure,
    "start": starting.measure,
    "single-runs": single_runs.measure,
    "processors": processors.measure,
} | {name: partial(driving.measure, name) for name in driving.OTHERS}

# What one measure may run into without the others being lost.
FAILURES = (RuntimeError, OSError, subprocess.SubprocessError, http.client.HTTPException)

_SLOW = "prefect"  # its server takes most of a minute to start


def main() -> None:
    given = _options().parse_args()
    if not PROGRAM.exists():
        sys.exit("run `make setup` first")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    names = given.only or [name for name in MEASURES if not (given.quick and name == _SLOW)]
    results = _measured(names, QUICK if given.quick else FULL)
    report.show(results)
    print(f"\nwritten to {_written(results, given.out)}/")
    sys.exit(1 if results.broken else 0)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help=f"about a minute: shorter loads, and no {_SLOW}")
    options.add_argument("--only", action="append", metavar="NAME", choices=MEASURES, help=", ".join(MEASURES))
    options.add_argument("--out", type=Path, default=ROOT / "dist" / "bench", help="where to write (dist/bench)")
    return options


def _measured(names: list[str], budget: Budget) -> Results:
    results = Results(machine=machine.described())
    for name in names:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        try:
            results.add(MEASURES[name](budget))
        except FAILURES as error:
            results.broken.append(f"{name}: {error}")
    results.figures += throughput.beside_dbos(results)
    return results


def _written(results: Results, folder: Path) -> Path:
    """results.json, table.md and, where there are loads, plot.svg, in a new folder named by the time."""
    made = folder / time.strftime("%Y-%m-%dT%H%M%S")
    made.mkdir(parents=True, exist_ok=True)
    (made / "results.json").write_text(results.json())
    (made / "table.md").write_text(report.markdown(results))
    if results.loads:
        (made / "plot.svg").write_text(plot.svg(results))
    return made


def _end(number: int, _frame: FrameType | None) -> None:
    """Ends in order, so that what was started is stopped; a second signal does not interrupt that."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
