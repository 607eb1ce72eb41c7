"""Starting the servers that are measured, and knowing when they answer."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROGRAM = Path(sys.executable).parent / "pipedreamer"
BODY = b'{"text": "the quick brown fox jumps over the lazy dog again"}'


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def ceiling():
    """The raw application; yields its port and process id."""
    port = free_port()
    with _running([sys.executable, "-m", "benchmarks.ceiling", str(port)], port) as process:
        yield port, process.pid


@contextlib.contextmanager
def served(folder, *options):
    """`pipedreamer serve` of a folder; yields its port and process id."""
    port = free_port()
    with _running([PROGRAM, "serve", folder, "--port", str(port), *options], port) as process:
        yield port, process.pid


def first_answer_ms(folder):
    """From starting the program to the first answered `/run`."""
    began = time.perf_counter()
    with served(folder):
        return (time.perf_counter() - began) * 1000


def memory_mb(pid):
    """PSS of a process and all below it."""
    total = 0
    for member in [pid, *_below(pid)]:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


@contextlib.contextmanager
def _running(command, port):
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(port, process):
    for _ in range(5000):
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("POST", "/run", BODY)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status != 200:
                raise RuntimeError(f"answered {answer.status}")
            return
        if process.poll() is not None:
            raise RuntimeError(f"ended with {process.returncode} before it answered")
        time.sleep(0.002)
    raise RuntimeError("never answered")


def _below(pid):
    found = []
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        for below in map(int, child.read_text().split()):
            found += [below, *_below(below)]
    return found


def processor_count():
    return len(os.sched_getaffinity(0))
