"""Starts the program of another system in the environment made for them, and takes what it prints."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.budget import Budget
from benchmarks.results import DBOS, Figure, Load, Results, System
from benchmarks.servers import ROOT
from benchmarks.single_runs import FAN_OUT, SEQUENCE
from benchmarks.starting import FIRST_ANSWER

_LONGEST_SECONDS = 240


class NotInstalledError(Exception):
    """The system is not there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Other:
    """A system, the module that drives it, and the environment variables that this needs beside ours."""

    system: System
    module: str
    variables: Callable[[], dict[str, str]] = dict


def _temporal() -> dict[str, str]:
    found = shutil.which("temporal")
    cached = _script("temporal.sh", "--where")
    if not found and not Path(cached).exists():
        raise NotInstalledError("no `temporal` on the PATH; `make bench-temporal` builds it with Go in 3 to 5 minutes")
    return {"TEMPORAL": found or cached}


OTHERS = {
    "dbos": Other(
        System(DBOS, "writes every step to a SQLite file, so a run goes on after a crash; no isolation"),
        "dbos_sqlite",
    ),
    "prefect": Other(
        System(
            "Prefect, local server",
            "its server keeps the states of runs and tasks in SQLite; a run that was cut off begins anew by default; "
            "no isolation. Heartbeats are off. Where SQLite is busy the server says 503, and callers wait for seconds",
        ),
        "prefect_server",
    ),
    "temporal": Other(
        System(
            "Temporal, dev server",
            "its server keeps every event, here in memory: a run goes on after a crash of the worker, not of the "
            "server; no isolation. The server may look at its queue 2,000 times a second, not 20 as by default",
        ),
        "temporal_server",
        _temporal,
    ),
}


def measure(name: str, budget: Budget) -> Results:
    """One of `OTHERS`: its loads, a run of many steps, and its start."""
    other = OTHERS[name]
    try:
        printed = _printed(other, budget.other_seconds)
    except NotInstalledError as error:
        return Results(missing=[f"{name}: {error}"])
    system = replace(other.system, version=printed["version"])
    figures = {FIRST_ANSWER: "first_ms", SEQUENCE: "sequence_ms", FAN_OUT: "fan_out_ms"}
    return Results(
        systems=[system],
        loads=[replace(Load(**load), system=system.name) for load in printed["loads"]],
        figures=[Figure(what, system.name, printed[key], "ms") for what, key in figures.items()],
    )


def _printed(other: Other, seconds: int) -> dict[str, Any]:
    """What the system's program prints. It works in /var/tmp: /tmp may be memory, and writes have to reach a disk."""
    python = _script("bench.sh")
    variables = other.variables()
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as log,
    ):
        command = [python, "-m", f"benchmarks.others.{other.module}", "--folder", folder]
        command += ["--seconds", str(seconds), "--began", str(time.monotonic())]
        # A home of its own: nothing of the user's is read or written.
        variables |= {"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder}
        variables |= {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
        with processes.running(command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=log) as process:
            try:
                text, _ = process.communicate(timeout=_LONGEST_SECONDS)
            except subprocess.TimeoutExpired as error:
                raise RuntimeError(f"it took longer than {_LONGEST_SECONDS} s") from error
        if process.returncode:
            log.seek(0)
            said = log.read().decode(errors="replace").strip().splitlines()
            raise RuntimeError("\n  ".join([f"its program ended with {process.returncode}", *said[-5:]]))
    printed: dict[str, Any] = json.loads(text.splitlines()[-1])
    return printed


def _script(name: str, *arguments: str) -> str:
    """What a script of ours prints; what it says on the way goes to stderr."""
    command = ["sh", str(ROOT / "scripts" / name), *arguments]
    with processes.running(command, stdout=subprocess.PIPE) as process:
        printed = process.communicate()[0].decode().strip()
    if process.returncode:
        raise NotInstalledError(f"scripts/{name} failed, see above")
    return str(printed)
