"""Prefect: flows and tasks in this process, their states kept by a Prefect server below it."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.others import steps, timing
from benchmarks.servers import free_port

_START_SECONDS = 90


@contextlib.contextmanager
def started(folder: Path) -> Iterator[timing.Runs]:
    port = free_port()
    os.environ |= {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    command = [sys.executable, "-m", "prefect", "server", "start", *options]
    with processes.running(command, start_new_session=False, stdout=sys.stderr) as server:
        runs, settings = _flows()  # imported while the server starts
        _wait(port, server)
        with settings:
            yield runs


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", "/api/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.02)
    raise RuntimeError("the Prefect server did not start")


def _flows() -> tuple[timing.Runs, contextlib.AbstractContextManager[Any]]:
    """The flows, and settings to run them with; Prefect reads the environment when it is imported."""
    from prefect import flow, task
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    source = task(steps.source)
    tokenize = task(steps.tokenize)
    report = task(steps.report)
    add_one = task(steps.add_one)

    @flow
    def word_count(text: str) -> dict[str, Any]:
        return report(tokenize(source({"text": text})))

    @flow
    def sequence() -> int:
        value = 0
        for _ in range(steps.SEQUENCE):
            value = add_one(value)
        return value

    @flow
    def fan_out() -> int:
        return sum(add_one.map([add_one(0)] * steps.FAN_OUT).result())

    # With heartbeats a flow waits up to a second for their thread at its end.
    return timing.Runs(word_count, sequence, fan_out), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})


if __name__ == "__main__":
    timing.main("prefect", started)
