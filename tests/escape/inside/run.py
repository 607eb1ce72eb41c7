"""Makes all attempts on one tier and prints what became of them as JSON.

`python -m tests.escape.inside.run ROOM POLICY [ONLY]`: an empty folder, but for what is mounted in it; fields of the
policy to change, as JSON; a pattern of names. With POLICY `unlocked` each attempt is made in a process without a lock.
"""

import asyncio
import dataclasses
import json
import os
import re
import sys
import sysconfig
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from tests.escape.inside.flow.attempts.perform import attempts
from tests.escape.inside.unlocked import unlocked
from tests.escape.inside.world import SECRET, WORD, Files, Listeners, Victim, handle_of

import pipedreamer
from pipedreamer.authoring import FetchError
from pipedreamer.errors import EgressError
from pipedreamer.project import open_project
from pipedreamer.runtime.assembly import Part, assemble
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.session import Session, Surroundings
from pipedreamer.runtime.settings import Settings
from pipedreamer.sandbox.lock.user import own_uid

MEMORY, SCRATCH = 64 << 20, 16 << 20
PATIENCE_S = 100
PLAIN = ("files", "writing", "dotted", "processes", "others", "network", "kernel", "undoing", "bombs", "engine")


class NoNetwork:
    """A broker that answers nothing."""

    def open(self, request: Any, _worker: object = None, /) -> Any:
        raise FetchError(f"there is no network for {request.path}")

    async def close(self) -> None:
        return


class OneHost:
    """A gateway that lets one host be reached, at the address that it is mapped to."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def target(self, ip: str, port: int, /) -> tuple[str, int]:
        if (ip, port) == ("198.18.0.1", self._port):
            return "127.0.0.1", self._port
        raise EgressError(f"{ip}:{port} is not declared")

    async def names(self, query: bytes, /) -> bytes:
        return query[:2] + b"\x80\x05" + query[4:]

    async def addresses(self, name: str, /) -> tuple[str, ...]:
        raise EgressError(f"{name} is not declared")


class Tier:
    """One room, its world, and a session after another in it."""

    def __init__(self, room: Path, changes: dict[str, Any]) -> None:
        os.environ["ESCAPE_SECRET"] = SECRET
        code = [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
        code += [Path(pipedreamer.__file__).parent, Path(msgspec.__file__).parent]
        watched = [code[0] / "os.py", code[2] / "__init__.py", code[3] / "__init__.py"]
        watched += [folder / name for folder in code for name in ("escape.pth", "sitecustomize.py", "usercustomize.py")]
        self.files = Files(room, watched)
        self.listeners = Listeners(room)
        self.files.settle()
        self.victim = Victim(own_uid())
        self.changes = {"memory": MEMORY, "scratch_size": SCRATCH} | changes
        self.layers: dict[str, str] = {}
        self.lines: list[NodeLine] = []
        self.found: dict[str, dict[str, Any]] = {}
        self.only = sys.argv[3] if len(sys.argv) > 3 else ""
        self._code, self._watched = code, watched

    def known(self, scratch: str, pids: list[int], *, locked: bool) -> dict[str, Any]:
        """The world as an attacker has found it out."""
        victim = self.victim.pid
        return {
            "root": str(self.files.flow), "outside": str(self.files.outside), "secret": str(self.files.secret),
            "readable": str(self.files.room / "readable"), "writable": str(self.files.room / "writable"),
            "dotted": self.files.dotted, "scratch": scratch, "handle": handle_of(self.files.secret),
            "victim": victim, "address": self.victim.address, "others": [victim, *pids],
            "everybody": [victim, *pids, 1], "code_folders": [*map(str, self._code), str(self.files.outside)],
            "code_files": list(map(str, self._watched[:3])), "tcp": self.listeners.tcp, "tcp6": self.listeners.tcp6,
            "udp": self.listeners.udp, "mapped": self.listeners.allowed, "unix": self.listeners.unix,
            "unix_datagrams": self.listeners.unix_datagrams, "abstract": self.listeners.abstract, "word": WORD.decode(),
            "visible": ["dev", "etc", "lib", "lib64", "tmp", "usr", "var", self.files.room.parts[1]],
            "memory": MEMORY, "scratch_size": SCRATCH, "locked": locked,
        }  # fmt: skip

    def touched(self) -> list[str]:
        return [*self.files.touched(), *self.listeners.touched(), *self.victim.touched()]

    def note(self, name: str, said: dict[str, str], trouble: list[str]) -> None:
        """Judge an attempt: by what it says, by what it read, and by what has changed around it."""
        signs = [*trouble, *self.touched()]
        if said["got"]:
            signs.append(f"it says: {said['got'][:200]}")
        if SECRET in said["loot"] or SECRET in said["got"] or any(SECRET in line.message for line in self.lines):
            signs.append("it has read a secret")
        self.lines.clear()
        self.found[name] = {"escaped": signs, "how": said["how"][:300]}


async def locked(tier: Tier) -> None:
    """All modules in a session as is, the network once more with sockets, the grants in one that has them."""
    room = tier.files.room
    async with _session(tier, {"tcp": False}) as session:
        held = session.held["python"]
        tier.layers = session.layers() | msgspec.to_builtins(held)
        await _make(tier, session, "", *PLAIN)
    async with _session(tier, {"tcp": True}) as session:
        await _make(tier, session, "+tcp", "network", "conduit")
    granted = {"tcp": False, "write": (str(room / "writable"),), "readable": (str(room / "readable"),)}
    async with _session(tier, granted) as session:
        await _make(tier, session, "", "grants")


@asynccontextmanager
async def _session(tier: Tier, changes: dict[str, Any]) -> AsyncIterator[Session]:
    assembly = assemble(open_project(tier.files.flow), jitter=False)
    readable = changes.pop("readable", ())

    def changed(part: Part) -> Part:
        whole = (*part.policy.whole, *readable)
        return dataclasses.replace(
            part, policy=msgspec.structs.replace(part.policy, whole=whole, **tier.changes, **changes)
        )

    around = Surroundings(
        broker=NoNetwork(),
        mask=lambda: Mask({}),
        log=tier.lines.append,
        capacity=Capacity(workers=2, running=8),
        gateway=lambda: OneHost(tier.listeners.allowed),
    )
    async with Session(assembly.with_parts(changed), Settings(config={}, secrets={}), around) as session:
        async with asyncio.timeout(PATIENCE_S):
            while session.workers < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        yield session


async def _make(tier: Tier, session: Session, suffix: str, *modules: str) -> None:
    for name, function in attempts(*modules).items():
        if not re.search(tier.only, name):
            continue
        print(name + suffix, file=sys.stderr, flush=True)
        began = time.monotonic()
        node = function.__dict__.get("node", "attempt")
        pool = session.force.pools["python"]
        cell = await pool._spawner.living_cell()
        scratch = cell.scratch.path if cell.scratch else "/tmp"
        pids = [worker.pid for worker in pool._workers] + [os.getpid()]
        world = tier.known(scratch, pids, locked=True)
        before = len(os.listdir("/proc/self/fd"))
        said, trouble = await _one(session, {"node": node, "attempt": name, "world": world}, node)
        trouble += await _healthy(session, name, before)
        if name == "bombs.disk_after_the_end" and cell.scratch:
            trouble += await _emptied(cell.scratch)
        tier.note(name + suffix, said, trouble)
        tier.found[name + suffix]["seconds"] = round(time.monotonic() - began, 1)


async def _one(session: Session, value: dict[str, Any], node: str) -> tuple[dict[str, str], list[str]]:
    nothing = {"got": "", "loot": "", "how": ""}
    try:
        result = await asyncio.wait_for(session.execute(json.dumps(value).encode()), PATIENCE_S)
    except TimeoutError:
        return nothing, ["the run had no end"]
    try:
        result.to_json(Mask({}))
    except Exception as error:  # noqa: BLE001 - that it raises is what is looked for
        return nothing, [f"its answer cannot be said: {error}"]
    said = json.loads(result.outputs[node]) if node in result.outputs else None
    # What an attempt forges as its own outcome is its own loss.
    if not isinstance(said, dict):
        return nothing | {"how": "; ".join(result.errors.values())}, []
    return said, []


async def _healthy(session: Session, name: str, before: int) -> list[str]:
    """Another run is answered, by as many workers; and the engine holds no more than it did.

    Not necessarily the first: one that came into the same process may fail with it.
    """
    trouble: list[str] = []
    for _ in range(5):
        try:
            result = await asyncio.wait_for(session.execute(b'{"node": "none"}'), PATIENCE_S)
        except TimeoutError:
            return ["the engine does not answer any more"]
        trouble = [] if result.success else [f"other runs fail: {result.errors}"]
        if result.success:
            break
    for _ in range(600):
        if session.workers == 2 and len(os.listdir("/proc/self/fd")) <= before + 8:
            return trouble
        await asyncio.sleep(0.05)
    return [
        *trouble,
        f"{session.workers} workers, {len(os.listdir('/proc/self/fd')) - before} more descriptors after {name}",
    ]


async def _emptied(scratch: Any) -> list[str]:
    """Its thread has had the time to fill it, the engine the time to see that."""
    await asyncio.sleep(5)
    return ["the scratch folder is full"] if scratch.is_full() else []


def main() -> None:
    tier = Tier(Path(sys.argv[1]), {} if sys.argv[2] == "unlocked" else json.loads(sys.argv[2]))
    try:
        if sys.argv[2] == "unlocked":
            unlocked(tier)
        else:
            asyncio.run(locked(tier))
    finally:
        tier.victim.close()
    print(json.dumps({"layers": tier.layers, "found": tier.found}))


if __name__ == "__main__":
    main()
