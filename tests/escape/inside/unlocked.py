"""Each attempt in a process that nothing holds: one that gets nowhere here proves nothing elsewhere.

The process has namespaces of its own for mounts, System V objects and the machine's name, so that nothing remains.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from threading import Timer
from typing import Any, Protocol

from tests.escape.inside.attackers import Attacker, TypeScript
from tests.escape.inside.python.attempts.perform import perform
from tests.escape.inside.python.attempts.raw import LIBC

_PATIENCE_S = 60
_OWN = 0x20000 | 0x4000000 | 0x8000000
_ENDED = {"got": "", "loot": "", "how": "the process ended"}


class Noting(Protocol):
    def known(self, scratch: str, pids: list[int], *, locked: bool) -> dict[str, Any]: ...
    def note(self, name: str, said: dict[str, str], trouble: list[str]) -> None: ...

    found: dict[str, dict[str, Any]]

    @property
    def files(self) -> Any: ...
    @property
    def attacker(self) -> Attacker: ...
    @property
    def only(self) -> str: ...


class Hand(Protocol):
    """Makes attempts; what is said of one whose process ends has nothing but `how`."""

    def make(self, name: str, world: dict[str, Any]) -> dict[str, str]: ...


def unlocked(tier: Noting) -> None:
    """Make all attempts that could get out where nothing is locked."""
    room, attacker = tier.files.room, tier.attacker
    hand = DenosHand(attacker, room) if isinstance(attacker, TypeScript) else PythonsHand()
    scratch = room / "scratch"
    scratch.mkdir()
    for name, marks in attacker.attempts(*attacker.unlocked).items():
        if "unproven" in marks or not re.search(tier.only, name):
            continue
        world = tier.known(str(scratch), [os.getpid()], locked=False)
        world["code_folders"], world["code_files"] = [str(tier.files.outside)], [str(tier.files.secret)]
        began = time.monotonic()
        said = hand.make(name, world)
        if said == _ENDED and "leaves" in marks:
            said = said | {"got": "became another program"}
        tier.note(name, said, [])
        tier.found[name]["seconds"] = round(time.monotonic() - began, 2)


def _leave() -> None:
    LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)  # end with whoever makes the attempts
    LIBC.unshare(_OWN)
    LIBC.mount(None, b"/", None, 1 << 14 | 1 << 18, None)


class PythonsHand:
    """A process of its own for each."""

    def make(self, name: str, world: dict[str, Any]) -> dict[str, str]:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(_PATIENCE_S)
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            _leave()
            with open(theirs, "w") as answer_to:
                json.dump(perform(name, world), answer_to)
            os._exit(0)
        os.close(theirs)
        with open(ours, "rb") as answer:
            said = answer.read()
        _, status = os.waitpid(child, 0)
        return json.loads(said) if said else _ENDED | ({"how": f"ended with {status}"} if status else {})


class DenosHand:
    """One process for as many as it outlives: starting Deno takes its time."""

    def __init__(self, attacker: TypeScript, room: Path) -> None:
        copy = Path(shutil.copytree(attacker.imported.parent, room / "imported"))
        self._command = attacker.unlocked_command(copy / attacker.imported.name)
        self._root = room / "flow"
        self._process: subprocess.Popen[bytes] | None = None

    def make(self, name: str, world: dict[str, Any]) -> dict[str, str]:
        process = self._living()
        assert process.stdin
        assert process.stdout
        patience = Timer(_PATIENCE_S, process.kill)
        patience.start()
        process.stdin.write(json.dumps([name, world]).encode() + b"\n")
        process.stdin.flush()
        line = next((line for line in process.stdout if line.startswith(b"said ")), b"")
        patience.cancel()
        if not line or name.startswith(("raw.", "bombs.", "endless.")):  # who knows what they have left
            process.kill()
            process.wait()
        return json.loads(line[5:]) if line else _ENDED

    def _living(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=_leave, cwd=self._root
            )
        return self._process
