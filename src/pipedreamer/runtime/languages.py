"""What runs the nodes of a language under a workflow's policy."""

import base64
import os
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

import pipedreamer.sandbox.deno
from pipedreamer.errors import PackageError
from pipedreamer.project import Language
from pipedreamer.sandbox.lock.policy import Policy, Program
from pipedreamer.spec import Permissions

_SOURCES: Final = Path(pipedreamer.sandbox.deno.__file__).parent
_OF_DENO: Final = 640 << 20
"""What V8 takes without any code, nearly all of it addresses that are only reserved, in bytes."""
_SCRATCH: Final = "/tmp"  # noqa: S108 - the jail's own
_ENVIRONMENT: Final = {
    "DENO_DIR": f"{_SCRATCH}/.deno",
    "DENO_NO_UPDATE_CHECK": "1",
    "NO_COLOR": "1",
    "RES_OPTIONS": "use-vc",  # names are looked up over TCP, which the engine answers
}
"""Of which nodes see nothing: variables are theirs only by the policy's `env`."""


def locked(policy: Policy, language: Language, permissions: Permissions) -> Policy:
    """The policy of this language's workers. Raises `PackageError` where its runtime is not installed."""
    if language == "python":
        return policy
    program = Program((*_deno(policy, permissions), str(_SOURCES / "main.ts")), _ENVIRONMENT, _OF_DENO)
    whole = (*policy.whole, program.arguments[0], str(_SOURCES))
    return msgspec.structs.replace(policy, whole=whole, program=program)


def _deno(policy: Policy, permissions: Permissions) -> tuple[str, ...]:
    """Deno with flags that say what the lock holds: the flags make the clear error, the lock is what holds."""
    read = (*policy.whole, *policy.listed, *policy.write, str(_SOURCES), _SCRATCH, *permissions.read)
    write = (*policy.write, _SCRATCH)
    return (
        _binary(), "run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--cached-only",
        "--node-modules-dir=none",
        f"--import-map={_import_map()}", f"--allow-read={_listed(read)}", f"--allow-write={_listed(write)}",
        *(("--allow-net",) if policy.tcp else ("--deny-net",)),
        "--ignore-env", *((f"--allow-env={','.join(policy.env)}",) if policy.env else ()),
        "--deny-run", "--deny-ffi", "--deny-sys",
        f"--v8-flags=--max-old-space-size={max(64, policy.memory >> 20)}",
    )  # fmt: skip


def _import_map() -> str:
    imports: dict[str, Any] = {"imports": {"pipedreamer": (_SOURCES / "pipedreamer.ts").as_uri()}}
    return "data:application/json;base64," + base64.b64encode(orjson.dumps(imports)).decode()


def _listed(paths: tuple[str, ...]) -> str:
    return ",".join(path.replace(",", ",,") for path in dict.fromkeys(paths))


def _binary() -> str:
    try:
        from deno import find_deno_bin  # type: ignore[import-untyped] # it has no types
    except ImportError as error:
        raise PackageError(
            'TypeScript nodes need Deno, which is not installed: pip install "pipedreamer[typescript]"'
        ) from error
    return os.path.realpath(str(find_deno_bin()))
