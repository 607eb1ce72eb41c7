"""requirements.lock: exact versions with hashes, and the digest of what they were made from. It holds no address."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipedreamer.errors import PackageError
from pipedreamer.project.packages.requirements import Requirements
from pipedreamer.project.reading import UnreadableError, read_text

LOCK_FILE = "requirements.lock"

_HEADER = "# made by `pipedreamer lock` from {file}; do not edit\n# requirements sha256: {digest}\n"
_DIGEST = re.compile(r"^# requirements sha256: ([0-9a-f]{64})$", re.MULTILINE)
_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._,-]+\])?)==(?P<version>[A-Za-z0-9.+!_-]+)"
    r"(?:\s*;(?P<marker>[\w\s.()<>=!~,'\"*+-]+?))?(?P<hashes>(?:\s+--hash=sha(?:256|384|512):[0-9a-f]{64,128})+)"
)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that was read: `pins` as "name==version", `text` with one package a line and nothing but packages."""

    digest: str
    pins: tuple[str, ...]
    text: str


def parse_lock(text: str, file: str) -> Lock:
    """Read a lock; a line that is not a pinned package with hashes (an index, an address) is a PackageError."""
    pins, lines = [], []
    joined = re.sub(r"\\\r?\n", " ", text)
    for line in joined.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pinned = _PINNED.fullmatch(line.strip())
        if pinned is None:
            shown = " ".join(line.split())[:60]
            raise PackageError(
                f"{file}: this line is no package with version and hash: {shown}; run `pipedreamer lock`"
            )
        pins.append(f"{pinned['name']}=={pinned['version']}")
        lines.append(" ".join(line.split()))
    digest = _DIGEST.search(text)
    return Lock(digest[1] if digest else "", tuple(pins), "".join(f"{line}\n" for line in lines))


def format_lock(requirements: Requirements, resolved: str) -> str:
    """The lock's text around what the resolver wrote."""
    return _HEADER.format(file=Path(requirements.file).name, digest=requirements.digest) + resolved


def current_lock(root: Path, requirements: Requirements | None) -> Lock | None:
    """The lock of these requirements; None where nothing is asked for.

    Raises PackageError where the lock is missing or was made from other requirements.
    """
    file = root / LOCK_FILE
    if requirements is None and not file.exists():
        return None
    try:
        lock = parse_lock(read_text(file), str(file))
    except UnreadableError as error:
        raise PackageError(f"{file}: this file {error}: run `pipedreamer lock`") from error
    if requirements is None:
        raise PackageError(f"{file}: it locks packages that nothing asks for any more: run `pipedreamer lock`")
    if lock.digest != requirements.digest:
        changed = Path(requirements.file).name
        raise PackageError(f"{file}: {changed} changed after this lock was made: run `pipedreamer lock`")
    return lock
