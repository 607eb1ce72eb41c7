"""Each attempt in a process that nothing holds: one that gets nowhere here proves nothing elsewhere.

The process has namespaces of its own for mounts, System V objects and the machine's name, so that nothing remains.
"""

import json
import os
import signal
from typing import Any, Protocol

from tests.escape.inside.flow.attempts.perform import attempts, perform
from tests.escape.inside.flow.attempts.raw import LIBC

_PATIENCE_S = 60
_OWN = 0x20000 | 0x4000000 | 0x8000000


class Noting(Protocol):
    def known(self, scratch: str, pids: list[int], *, locked: bool) -> dict[str, Any]: ...
    def note(self, name: str, said: dict[str, str], trouble: list[str]) -> None: ...
    @property
    def files(self) -> Any: ...


def unlocked(tier: Noting) -> None:
    """Make all attempts that could get out where nothing is locked."""
    for name, function in attempts("files", "writing", "dotted", "processes", "others", "network", "kernel",
                                   "undoing", "bombs", "grants").items():  # fmt: skip
        if "unproven" not in function.__dict__:
            _one(tier, name, "leaves" in function.__dict__)


def _one(tier: Noting, name: str, leaves: bool) -> None:
    room = tier.files.room
    scratch = room / "scratch"
    scratch.mkdir(exist_ok=True)
    world = tier.known(str(scratch), [os.getpid()], locked=False)
    world["code_folders"] = world["code_files"] = []
    world["code_folders"], world["code_files"] = [str(tier.files.outside)], [str(tier.files.secret)]
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(_PATIENCE_S)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        LIBC.unshare(_OWN)
        LIBC.mount(None, b"/", None, 1 << 14 | 1 << 18, None)
        with open(theirs, "w") as answer_to:
            json.dump(perform(name, world), answer_to)
        os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    nothing = {"got": "", "loot": "", "how": f"ended with {status}"}
    if not said and leaves and status == 0:
        nothing["got"] = "became another program"
    tier.note(name, json.loads(said) if said else nothing, [])
