"""How much memory a watched worker takes, by what the kernel's limit on data counts."""

import asyncio
from pathlib import Path
from typing import Final

PERIOD_S: Final = 0.02
STEP: Final = 64 * 1024 * 1024


def rounded(size: int) -> int:
    """Half as much again, in whole steps of 64 MiB: a measured peak is one of this run's."""
    return max(1, -(-size * 3 // (2 * STEP))) * STEP


def together(peaks: dict[str, int]) -> int:
    """What the nodes of one worker take, from what each takes in a worker of its own.

    The least of them is what every worker takes by itself, and counts once.
    """
    least = min(peaks.values(), default=0)
    return least + sum(peak - least for peak in peaks.values())


class Scale:
    """Weighs one process from its making until `close`; `peak` is in bytes, beyond what it started with.

    That is what its parent has, or for another program than its parent's `data`, which its limit allows for.
    """

    def __init__(self, process: int, data: int = 0) -> None:
        self.peak = 0
        self._process = process
        self._before = {"VmData": data} if data else _status(_status(process).get("PPid", 0))
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def weigh(self) -> None:
        """Look now.

        What counts is data, also where it was never touched. The kernel remembers no peak of that, only of what was in
        memory, so what is reserved, left untouched and given back between two looks is missed.
        """
        now, before = _status(self._process), self._before
        touched = now.get("VmHWM", 0) - now.get("RssFile", 0) - now.get("RssShmem", 0) - before.get("RssAnon", 0)
        self.peak = max(self.peak, now.get("VmData", 0) - before.get("VmData", 0), touched)

    def close(self) -> None:
        self.weigh()
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            self.weigh()
            await asyncio.sleep(PERIOD_S)


def _status(process: int) -> dict[str, int]:
    """Sizes in bytes, and numbers, of proc(5)'s status; empty for a process that is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdecimal():
            found[name] = int(words[0]) * (1024 if words[-1] == "kB" else 1)
    return found
