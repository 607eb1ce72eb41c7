"""What runs the nodes of a language under a workflow's policy."""

import base64
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import orjson

import pipedreamer.sandbox.deno
from pipedreamer.errors import PackageError
from pipedreamer.project import Language, Project
from pipedreamer.project.cache import cache_folder
from pipedreamer.sandbox.lock import jail
from pipedreamer.sandbox.lock.locking import system_paths
from pipedreamer.sandbox.lock.policy import SCRATCH, Policy, Program
from pipedreamer.spec import Permissions

if TYPE_CHECKING:
    from pipedreamer.project.modules import Modules

FindModules = Callable[[], "Modules"]

_SOURCES: Final = Path(pipedreamer.sandbox.deno.__file__).parent
_OF_DENO: Final = 640 << 20
"""What V8 takes without any code, nearly all of it addresses that are only reserved, in bytes."""
_RESIDENT_OF_DENO: Final = 160 << 20
"""What of Deno is in memory, its file included: 50 MiB under Linux, up to 135 under gVisor."""
_READS: Final = "--allow-read="
_LONG_ARGUMENT: Final = 100_000
"""In bytes. Linux takes 128 KiB (execve(2), MAX_ARG_STRLEN)."""
_ENVIRONMENT: Final = {
    "DENO_DIR": "/tmp/.deno",  # noqa: S108 - the jail's own
    "DENO_NO_UPDATE_CHECK": "1",
    "NO_COLOR": "1",
    "RES_OPTIONS": "use-vc",  # names are looked up over TCP, which the engine answers
}
"""Of which nodes see nothing: variables are theirs only by the policy's `env`."""
_RECORDING: Final = {"DENO_AUDIT_PERMISSIONS": ".asked.jsonl", "DENO_TRACE_PERMISSIONS": "1"}
"""Deno writes down what it is asked for, and by whom; `sandbox/deno/observed.ts` has the file's name too."""
_ROOM_TO_RECORD: Final = 1 << 30
"""In bytes. What was told is given back, but counts in the length of the file."""


def locked(policy: Policy, language: Language, project: Project, find_modules: FindModules) -> Policy:
    """The policy of this language's workers; modules are looked for where it has some.

    Raises `PackageError` where its runtime or a module is not installed, `ProjectError` for imports that lead nowhere.
    """
    if language == "python":
        return policy
    from pipedreamer.project.modules import find_deno  # takes 20 ms, and most workflows are Python alone

    found = find_modules()
    imports = _imports(found)
    own = [str(_SOURCES), *(str(path) for path in (found.cache, found.lock, imports.file) if path)]
    policy = msgspec.structs.replace(policy, whole=(*policy.whole, *own))
    flags = _flags(policy, project.workflow.permissions)
    deno = os.path.realpath(find_deno())
    arguments = (deno, "run", *flags, *imports.arguments, str(_SOURCES / "main.ts"))
    environment = _ENVIRONMENT | ({"DENO_DIR": str(found.cache)} if found.cache else {})
    program = Program(arguments, environment, _OF_DENO, _RESIDENT_OF_DENO)
    return msgspec.structs.replace(policy, whole=(*policy.whole, deno), program=program)


def everyones(language: Language, site: Path | None) -> tuple[str, ...]:
    """What every worker of a language reads outside of its workflow's folder; `site` has Python's packages."""
    if language == "python":
        return (*([os.path.realpath(site)] if site else []), *system_paths(), *jail.DEVICES)
    try:
        fetched = [str(cache_folder("modules"))]
    except PackageError:  # then nothing is imported from outside
        fetched = []
    return (str(_SOURCES), *fetched)


def watched(policy: Policy, opened: Iterable[str]) -> Policy:
    """The policy for a worker that tells what it is asked for, and may by now read what was `opened` for it."""
    program = policy.program
    if program is None:
        return policy
    more = _listed(tuple(opened))
    arguments = tuple(f"{one},{more}" if more and one.startswith(_READS) else one for one in program.arguments)
    program = msgspec.structs.replace(program, arguments=arguments, env=program.env | _RECORDING)
    return msgspec.structs.replace(policy, program=program, scratch_size=_ROOM_TO_RECORD)


@dataclass(frozen=True, slots=True)
class _Imports:
    """Deno's arguments, and the import map's file where it has to be one."""

    arguments: tuple[str, ...]
    file: Path | None


def _imports(found: "Modules") -> _Imports:
    from pipedreamer.project.modules import keep_import_map

    text = orjson.dumps(found.import_map)
    address, file = "data:application/json;base64," + base64.b64encode(text).decode(), None
    if len(address) > _LONG_ARGUMENT:
        file = keep_import_map(text)
        address = file.as_uri()
    lock = (f"--lock={found.lock}", "--frozen") if found.lock else ("--no-lock",)
    return _Imports((f"--import-map={address}", *lock), file)


def _flags(policy: Policy, permissions: Permissions) -> tuple[str, ...]:
    """Deno with flags that say what the lock holds: the flags make the clear error, the lock is what holds."""
    read = (*policy.whole, *policy.listed, *policy.write, SCRATCH, *permissions.read)
    write = (*policy.write, SCRATCH)
    return (
        "--quiet", "--no-prompt", "--no-config", "--cached-only", "--no-code-cache",
        "--node-modules-dir=none", _allowed(_READS, read), _allowed("--allow-write=", write),
        *(("--allow-net",) if policy.tcp else ("--deny-net",)),
        "--ignore-env", *((f"--allow-env={','.join(policy.env)}",) if policy.env else ()),
        "--deny-run", "--deny-ffi", "--allow-sys=uid,gid",
        f"--v8-flags=--max-old-space-size={max(64, policy.memory >> 20)}",
    )  # fmt: skip


def _allowed(flag: str, paths: tuple[str, ...]) -> str:
    """The flag for some paths; for too many to be named it leaves them all to the lock."""
    listed = _listed(paths)
    return f"{flag}{listed}" if len(os.fsencode(listed)) < _LONG_ARGUMENT else flag.rstrip("=")


def _listed(paths: tuple[str, ...]) -> str:
    return ",".join(path.replace(",", ",,") for path in dict.fromkeys(paths))
