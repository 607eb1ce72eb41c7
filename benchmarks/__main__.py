"""`python -m benchmarks`: the table."""

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.servers import BODY, PROGRAM, ROOT, ceiling, first_answer_ms, memory_mb, processor_count, served
from pipedreamer.dag import compile_plan
from pipedreamer.spec import load

SECONDS = 8
WORD_COUNTER = ROOT / "examples" / "word-counter"


def throughput(port):
    """Runs a second, p50 and p99 in ms, by wrk with one thread and 16 connections."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.body = [[{BODY.decode()}]]\n")
        script.flush()
        command = [
            "wrk",
            "-t1",
            "-c16",
            f"-d{SECONDS}s",
            "--latency",
            "-s",
            script.name,
            f"http://127.0.0.1:{port}/run",
        ]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise RuntimeError(text)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    return rate, _ms(text, "50%"), _ms(text, "99%")


def _ms(text, percentile):
    value, unit = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def help_ms():
    def once():
        began = time.perf_counter()
        subprocess.run([PROGRAM, "--help"], stdout=subprocess.DEVNULL, check=True)
        return (time.perf_counter() - began) * 1000

    return statistics.median(once() for _ in range(11))


def big_plan_ms(count=10_000):
    lines = ["name: big", 'version: "1.0"', "triggers: [{type: manual}]", "nodes:"]
    lines += [f"  n{i}: {{path: ./nodes/n.py}}" for i in range(count)]
    lines += ["edges:", *(f"  - {{from: n{i // 2}, to: n{i}}}" for i in range(1, count))]
    text = "\n".join(lines)
    began = time.perf_counter()
    compile_plan(load(text, "workflow.yaml"))
    return (time.perf_counter() - began) * 1000


def main():
    rows = []
    if shutil.which("wrk"):
        with ceiling() as (port, pid):
            top = throughput(port)
            rows.append(("ceiling: raw ASGI on uvicorn", *top, 1.0, memory_mb(pid)))
        for workers in (1, 2):
            with served(WORD_COUNTER, "--workers", str(workers)) as (port, pid):
                rate = throughput(port)
                rows.append((f"word-counter, {workers} worker(s)", *rate, rate[0] / top[0], memory_mb(pid)))
    print(f"{processor_count()} processors, Python {sys.version.split()[0]}, load generator on the same machine\n")
    if rows:
        print(f"{'':32}{'runs/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}{'MB':>8}")
    for name, rate, p50, p99, ratio, memory in rows:
        print(f"{name:32}{rate:10,.0f}{p50:9.2f}{p99:9.2f}{ratio:8.2f}{memory:8.0f}")
    starts = sorted(first_answer_ms(WORD_COUNTER) for _ in range(9))
    print(f"\nstart to first answered /run: {statistics.median(starts):.0f} ms (best {starts[0]:.0f})   goal 300")
    print(f"pipedreamer --help:           {help_ms():.0f} ms   goal 150")
    print(f"10,000 nodes, read and compiled: {big_plan_ms():.0f} ms   goal 1000")


if __name__ == "__main__":
    if not Path(PROGRAM).exists():
        sys.exit("run `make setup` first")
    main()
