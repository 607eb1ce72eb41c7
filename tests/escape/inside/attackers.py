"""Those who attack: nodes in Python, and nodes in TypeScript, with and without Deno's own permissions to hold them.

An attacker knows where its workflow lies and what its attempts are called.
"""

import json
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec
from tests.escape.inside.python.attempts.perform import attempts

import pipedreamer.sandbox.deno
from pipedreamer.project import Language
from pipedreamer.project.modules import Imports, find_deno
from pipedreamer.sandbox.lock.policy import Policy

Kind = Literal["plain", "tcp", "grants"]
"""A session as is, without sockets; with sockets whose connects the engine answers; with folders to read and write."""

Names = tuple[str, ...]
Marks = dict[str, str]

_SYSTEM: Final = frozenset(Path("/", name) for name in ("dev", "etc", "lib", "lib64", "tmp", "usr", "var"))


class Attacker(Protocol):
    """`modules` are those of its attempts for each session, `unlocked` those where nothing is held."""

    @property
    def language(self) -> Language: ...
    @property
    def flow(self) -> Path: ...
    @property
    def modules(self) -> Mapping[Kind, Names]: ...
    @property
    def unlocked(self) -> Names: ...

    def attempts(self, *modules: str) -> dict[str, Marks]:
        """What there is to try, as `module.name`, with the notes on it."""

    def code(self) -> list[Path]:
        """Files that run, or will, outside of its workflow; it is looked whether they change."""

    def granted(self) -> set[Path]:
        """What its workers see beside the workflow."""

    def policy(self, policy: Policy) -> Policy:
        """What holds its workers, changed for this attacker's purpose."""


class Python:
    """Nodes in Python."""

    language: Language = "python"
    flow = Path(__file__).with_name("python")
    unlocked = (
        "files", "writing", "dotted", "processes", "others", "network", "kernel", "undoing", "bombs", "grants",
    )  # fmt: skip

    @property
    def modules(self) -> Mapping[Kind, Names]:
        plain = ("files", "writing", "dotted", "processes", "others", "network", "kernel", "undoing", "bombs", "engine")
        return {"plain": plain, "tcp": ("network", "conduit"), "grants": ("grants",)}

    def attempts(self, *modules: str) -> dict[str, Marks]:
        return {name: function.__dict__ for name, function in attempts(*modules).items()}

    def code(self) -> list[Path]:
        return []

    def granted(self) -> set[Path]:
        return set(_SYSTEM)

    def policy(self, policy: Policy) -> Policy:
        return policy


_OUTSIDE: Final = (
    "files", "writing", "dotted", "environment", "processes", "raw", "workers", "packages", "network",
)  # fmt: skip
_TRUSTED: Final = (
    "--allow-all", "--unstable-net", "--unstable-kv", "--unstable-worker-options", "--unstable-raw-imports",
)  # fmt: skip
_SOURCES: Final = Path(pipedreamer.sandbox.deno.__file__).parent


class TypeScript:
    """Nodes in Deno. To `trusted` ones Deno itself permits all, so that the lock alone is left."""

    language: Language = "typescript"
    flow = Path(__file__).with_name("typescript")
    unlocked = (*_OUTSIDE, "bombs", "endless", "grants")

    def __init__(self, *, trusted: bool) -> None:
        self._trusted = trusted

    @property
    def modules(self) -> Mapping[Kind, Names]:
        """Deno's permissions let none through to a grant; what the engine holds by itself they do not change."""
        if self._trusted:
            return {"plain": (*_OUTSIDE, "bombs"), "tcp": ("network",), "grants": ("grants",)}
        return {"plain": (*_OUTSIDE, "endless", "wire", "prototypes"), "tcp": ("network",)}

    def attempts(self, *modules: str) -> dict[str, Marks]:
        found: dict[str, Marks] = json.loads(subprocess.check_output(self.unlocked_command(self.imported, "list")))
        pointless = "deno" if self._trusted else "kernel"
        return {
            name: marks
            for name, marks in found.items()
            if name.partition(".")[0] in modules and marks.get("by") != pointless
        }

    def code(self) -> list[Path]:
        package = next(self.imported.glob("npm/**/index.js"))
        own = [_SOURCES / name for name in ("main.ts", "planted.ts")]
        return [*own, find_deno(), self.imported.with_name("deno.lock"), package]

    def granted(self) -> set[Path]:
        return {*_SYSTEM, *self.code(), Path("/proc"), Path("/.proc")}

    def policy(self, policy: Policy) -> Policy:
        program = policy.program
        if not self._trusted or program is None:
            return policy
        deno, run, *rest = program.arguments
        kept = [word for word in rest if not word.startswith(("--allow-", "--deny-", "--ignore-env"))]
        changed = msgspec.structs.replace(program, arguments=(deno, run, *_TRUSTED, *kept))
        return msgspec.structs.replace(policy, program=changed)

    @cached_property
    def imported(self) -> Path:
        """What the nodes import from outside: a folder for DENO_DIR, beside its lock."""
        folder = Imports(self.flow).modules().cache
        assert folder
        return folder

    def unlocked_command(self, imported: Path, task: str = "make") -> list[str]:
        """Deno without a lock and without permissions to be held by; `imported` as above, or a copy of it."""
        return [
            "/usr/bin/env", f"DENO_DIR={imported}", str(find_deno()), "run", "--quiet", *_TRUSTED, "--no-config",
            "--cached-only", f"--lock={imported.with_name('deno.lock')}", "--frozen",
            str(self.flow / "unlocked.ts"), task,
        ]  # fmt: skip


ATTACKERS: Final[dict[str, Attacker]] = {
    "python": Python(),
    "typescript": TypeScript(trusted=False),
    "typescript, trusted by Deno": TypeScript(trusted=True),
}
