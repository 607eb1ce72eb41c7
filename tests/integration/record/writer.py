"""An engine of its own that is there to be killed: `python writer.py PLACE LEASE finished|durable`.

It says on its output what it knows to be stored, a line a run, and stops when it is killed.
"""

import asyncio
import sys
import time

from pipedreamer.record import Accepted, Attempt, Change, Code, Finished, Limits, Progress, Run, open_store

CODE = Code("1.0", "c0de")


def run(number: int, engine: str, *, durable: bool) -> Run:
    now = time.time_ns() // 1_000_000
    return Run(
        id=f"{now:012x}{engine}{number:08x}",
        workflow="flow",
        code=CODE,
        trigger="http",
        state="accepted" if durable else "succeeded",
        durable=durable,
        started_at=now,
        ended_at=None if durable else now,
        input=b'"%s"' % (b"x" * (2000 if number % 7 == 0 else 20)),
        attempts=() if durable else (Attempt("read", 1, "ok", now, now, b"%d" % number),),
    )


async def main(place: str, lease: float, *, durable: bool) -> None:
    engine = f"{time.time_ns() % (1 << 48):012x}"
    async with open_store(place, Limits(inline=1000)) as store:
        epoch = await store.join("flow", "a test's", lease)
        for first in range(0, 1_000_000, 8):
            runs = [run(first + place, engine, durable=durable) for place in range(first % 5 + 1)]
            changes: list[Change] = [Accepted(one) if durable else Finished(one) for one in runs]
            if durable:
                changes += [Progress(one.id, Attempt("read", 1, "ok", 1, 2, b"1")) for one in runs]
            assert await store.write(changes, epoch, durable=durable) == {}
            sys.stdout.write("".join(f"{one.id}\n" for one in runs))
            sys.stdout.flush()


asyncio.run(main(sys.argv[1], float(sys.argv[2]), durable=sys.argv[3] == "durable"))
