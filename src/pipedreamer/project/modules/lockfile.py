"""deno.lock: exact versions with hashes. Ours holds no address of a registry, so that it serves with any mirror."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipedreamer.errors import PackageError
from pipedreamer.project.reading import UnreadableError, read_text

LOCK_FILE = "deno.lock"

_RELEASE = re.compile(r"https?://[^/]+/(?:@[^/]+/[^/@]+/\d[^/]*(?=/)|(?:[^/]+/)*?@?[^/@]+@[^/]+(?=/))")
_PEERS = re.compile(r"(?<=[^@]@)([^_@]+)_.*")


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that was read, in Deno's form (version 5)."""

    content: dict[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.content, indent=2) + "\n"

    @property
    def packages(self) -> tuple[str, ...]:
        """What it names, for people: npm and JSR packages with versions, and the addresses of other modules."""
        npm = ("npm:" + _PEERS.sub(r"\1", name) for name in self.part("npm"))
        jsr = (f"jsr:{name}" for name in self.part("jsr"))
        return tuple(dict.fromkeys([*npm, *jsr, *(release_of(address) or address for address in self.part("remote"))]))

    def part(self, name: str) -> dict[str, Any]:
        """`specifiers`, `npm`, `jsr`, `remote` or `redirects`."""
        value = self.content.get(name, {})
        return value if isinstance(value, dict) else {}


def read_lock(root: Path) -> Lock | None:
    """The lock of a folder, without download addresses; None where there is none. Raises PackageError for nonsense."""
    file = root / LOCK_FILE
    if not file.exists():
        return None
    try:
        content = json.loads(read_text(file))
    except UnreadableError as error:
        raise PackageError(f"{file}: this file {error}: run `pipedreamer lock`") from error
    except ValueError as error:
        raise PackageError(f"{file}: this is not JSON ({error}): run `pipedreamer lock`") from error
    if not isinstance(content, dict):
        raise PackageError(f"{file}: this is no lock of Deno's: run `pipedreamer lock`")
    return without_addresses(Lock(content))


def without_addresses(lock: Lock) -> Lock:
    """The lock without where a registry keeps its archives: their hashes say what they are."""
    npm = {
        name: {key: value for key, value in package.items() if key != "tarball"}
        for name, package in lock.part("npm").items()
        if isinstance(package, dict)
    }
    return Lock({**lock.content, "npm": npm} if npm else lock.content)


def release_of(address: str) -> str:
    """The part of an address that stands for one version, which one licence belongs to; "" where none does.

    `https://deno.land/std@0.224.0/yaml/mod.ts` is of `https://deno.land/std@0.224.0`, and of a package of JSR the
    version is a folder of its own: `https://jsr.io/@std/yaml/1.0.5`.
    """
    found = _RELEASE.match(address)
    return found[0] if found else ""
