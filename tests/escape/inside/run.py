"""Makes all attempts of one attacker on one tier and prints what became of them as JSON.

`python -m tests.escape.inside.run ROOM ATTACKER POLICY [ONLY]`: an empty folder, but for what is mounted in it; a key
of ATTACKERS; fields of the policy to change, as JSON; a pattern of names. With POLICY `unlocked` each attempt is made
in a process without a lock.
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
from tests.escape.inside.attackers import ATTACKERS, Attacker
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
from pipedreamer.runtime.permitted_secrets import visible_secrets
from pipedreamer.runtime.session import Session, Surroundings
from pipedreamer.runtime.settings import Settings
from pipedreamer.sandbox.lock.user import own_uid
from pipedreamer.spec import Permissions

MEMORY, SCRATCH = 64 << 20, 16 << 20
PATIENCE_S = 100


class NoNetwork:
    """A broker that answers nothing."""

    def open(self, request: Any, _worker: object = None, /) -> Any:
        raise FetchError(f"there is no network for {request.path}")

    async def close(self) -> None:
        return


class SomeHosts:
    """A gateway that lets ports of one host be reached, at the address that it is mapped to."""

    def __init__(self, *ports: int) -> None:
        self._ports = ports

    async def target(self, ip: str, port: int, /) -> tuple[str, int]:
        if ip == "198.18.0.1" and port in self._ports:
            return "127.0.0.1", port
        raise EgressError(f"{ip}:{port} is not declared")

    async def names(self, query: bytes, /) -> bytes:
        return query[:2] + b"\x80\x05" + query[4:]

    async def addresses(self, name: str, /) -> tuple[str, ...]:
        raise EgressError(f"{name} is not declared")


class Tier:
    """One room, its world, and a session after another in it."""

    def __init__(self, room: Path, attacker: Attacker, changes: dict[str, Any]) -> None:
        os.environ["ESCAPE_SECRET"] = SECRET
        code = [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
        code += [Path(pipedreamer.__file__).parent, Path(msgspec.__file__).parent]
        watched = [code[0] / "os.py", code[2] / "__init__.py", code[3] / "__init__.py", *attacker.code()]
        files = len(watched)
        watched += [folder / name for folder in code for name in ("escape.pth", "sitecustomize.py", "usercustomize.py")]
        self.attacker = attacker
        self.files = Files(room, attacker.flow, watched)
        self.listeners = Listeners(room)
        self.files.settle()
        self.victim = Victim(own_uid())
        self.changes = {"scratch_size": SCRATCH} | changes
        self.layers: dict[str, str] = {}
        self.lines: list[NodeLine] = []
        self.found: dict[str, dict[str, Any]] = {}
        self.only = sys.argv[4] if len(sys.argv) > 4 else ""
        self._code, self._files = code, watched[:files]

    def known(self, scratch: str, pids: list[int], *, locked: bool) -> dict[str, Any]:
        """The world as an attacker has found it out."""
        victim = self.victim.pid
        return {
            "root": str(self.files.flow), "outside": str(self.files.outside), "secret": str(self.files.secret),
            "readable": str(self.files.room / "readable"), "writable": str(self.files.room / "writable"),
            "dotted": self.files.dotted, "scratch": scratch, "handle": handle_of(self.files.secret),
            "victim": victim, "address": self.victim.address, "others": [victim, *pids],
            "everybody": [victim, *pids, 1], "code_folders": [*map(str, self._code), str(self.files.outside)],
            "code_files": list(map(str, self._files)), "tcp": self.listeners.tcp, "tcp6": self.listeners.tcp6,
            "udp": self.listeners.udp, "mapped": self.listeners.allowed, "unix": self.listeners.unix,
            "unix_datagrams": self.listeners.unix_datagrams, "abstract": self.listeners.abstract, "word": WORD.decode(),
            "redirecting": self.listeners.redirecting, "declared": "198.18.0.1" if locked else "127.0.0.1",
            "visible": sorted({path.parts[1] for path in self.attacker.granted() | {self.files.room}}),
            "memory": MEMORY, "scratch_size": SCRATCH, "locked": locked,
        }  # fmt: skip

    def touched(self) -> list[str]:
        return [*self.files.touched(), *self.listeners.touched(), *self.victim.touched()]

    def note(self, name: str, said: dict[str, str], trouble: list[str]) -> None:
        """Judge an attempt: by what it says, by what it read, and by what has changed around it."""
        signs = [*trouble, *self.touched()]
        if said["got"]:
            signs.append(f"it says: {said['got'][:200]}")
        if any(SECRET in text for text in (*said.values(), *(line.message for line in self.lines))):
            signs.append("it has read a secret")
        self.lines.clear()
        self.found[name] = {"escaped": signs, "how": said["how"][:300]}


async def locked(tier: Tier) -> None:
    """All modules in a session as is, the network once more with sockets, the grants in one that has them."""
    room, modules = tier.files.room, tier.attacker.modules
    closed = Permissions(net=(), read=(), memory=MEMORY, inject=("injected",), declared=True)
    granted = msgspec.structs.replace(closed, read=(str(room / "readable"),), write=(str(room / "writable"),))
    sessions = {"plain": closed, "tcp": msgspec.structs.replace(closed, net="any"), "grants": granted}
    for name, names in modules.items():
        async with _session(tier, sessions[name]) as session:
            tier.layers = tier.layers or session.layers() | msgspec.to_builtins(session.held[tier.attacker.language])
            await _make(tier, session, "+tcp" if name == "tcp" else "", *names)


@asynccontextmanager
async def _session(tier: Tier, permissions: Permissions) -> AsyncIterator[Session]:
    project = open_project(tier.files.flow)
    workflow = msgspec.structs.replace(project.workflow, permissions=permissions)
    assembly = assemble(dataclasses.replace(project, workflow=workflow), jitter=False)

    def changed(part: Part) -> Part:
        policy = msgspec.structs.replace(part.policy, **tier.changes)
        return dataclasses.replace(part, policy=tier.attacker.policy(policy))

    around = Surroundings(
        broker=NoNetwork(),
        mask=lambda: Mask({}),
        log=tier.lines.append,
        capacity=Capacity(workers=2, running=8),
        gateway=lambda: SomeHosts(tier.listeners.allowed, tier.listeners.redirecting),
    )
    settings = Settings(config={}, secrets=visible_secrets({"injected": {"value": SECRET}}, permissions))
    async with Session(assembly.with_parts(changed), settings, around) as session:
        async with asyncio.timeout(PATIENCE_S):
            while session.workers < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        yield session


async def _make(tier: Tier, session: Session, suffix: str, *modules: str) -> None:
    for name, marks in tier.attacker.attempts(*modules).items():
        if not re.search(tier.only, name):
            continue
        print(name + suffix, file=sys.stderr, flush=True)
        began = time.monotonic()
        node = marks.get("node", "attempt")
        pool = session.force.pools[tier.attacker.language]
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
    room, attacker, policy = Path(sys.argv[1]), ATTACKERS[sys.argv[2]], sys.argv[3]
    tier = Tier(room, attacker, {} if policy == "unlocked" else json.loads(policy))
    try:
        if policy == "unlocked":
            unlocked(tier)
        else:
            asyncio.run(locked(tier))
    finally:
        tier.victim.close()
    print(json.dumps({"layers": tier.layers, "found": tier.found}))


if __name__ == "__main__":
    main()
