"""What keeping a finished run of three nodes takes of a processor, by how many are written at once.

    python -m benchmarks.record.writing [PLACE]

A place is a file or postgresql://...; without one it is a file in a temporary folder. What is counted is this process's
time, all threads of it, with the making of the run itself; a server's is not in it.
"""

import secrets
import sys
import tempfile
import time

import uvloop

from pipedreamer.record import Attempt, Code, Epoch, Finished, Line, Run, Store, open_store

RUNS = 20_000
GROUPS = (1, 4, 16, 64)
CODE = Code("1.0", "c" * 64, "d" * 64, "e" * 64)
TEXT = b'{"text":"%s","words":12,"lines":3}' % (b"x" * 60)


def run(engine: str, number: int) -> Run:
    now = time.time_ns() // 1_000_000
    return Run(
        id=f"{now:012x}{engine}{number:08x}",
        workflow="bench",
        code=CODE,
        trigger="http",
        state="succeeded",
        started_at=now,
        ended_at=now + 3,
        input=TEXT,
        attempts=tuple(Attempt(node, 1, "ok", now, now + 1, TEXT) for node in ("read", "work", "count")),
        lines=(Line(1, now, "read", 1, "info", "reading a text of sixty letters"),),
    )


async def measured(store: Store, epoch: Epoch, group: int, runs: int) -> tuple[float, float]:
    """Processor and wall time a run, in us."""
    engine = secrets.token_hex(6)
    processor, wall = time.process_time(), time.perf_counter()
    for first in range(0, runs, group):
        await store.write([Finished(run(engine, first + place)) for place in range(group)], epoch)
    return (time.process_time() - processor) / runs * 1e6, (time.perf_counter() - wall) / runs * 1e6


async def main(place: str) -> None:
    made = time.process_time()
    for number in range(RUNS):
        run("e" * 12, number)
    print(f"making a run: {(time.process_time() - made) / RUNS * 1e6:.1f} us")
    print(f"{'in groups of':>12} {'processor us':>13} {'wall us':>9}")
    async with open_store(place) as store:
        epoch = await store.join("bench", "benchmark", 600)
        await measured(store, epoch, 64, 2000)
        for group in GROUPS:
            processor, wall = await measured(store, epoch, group, RUNS)
            print(f"{group:>12} {processor:>13.1f} {wall:>9.1f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(main(sys.argv[1] if len(sys.argv) > 1 else f"{folder}/runs.db"))
