"""What `permissions` grants on this machine: never what the workflow keeps from its nodes, nor code to be changed."""

import os
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

from pipedreamer.errors import Problem
from pipedreamer.spec import Reading
from pipedreamer.spec.findings import Fault
from pipedreamer.spec.granted_paths import granted_path, off_limits
from pipedreamer.spec.wording import shown

_BESIDE = "name a folder beside it; its own code and data can be read without being named"
_ELSEWHERE = "let nodes write to /tmp, or to a folder elsewhere"


_MOST_LINKS = 40  # as the kernel's path lookup allows

At = Callable[[tuple[str | int, ...], str, str], Problem]


def check_grants(root: Path, reading: Reading, at: At) -> Iterator[Problem]:
    """What is wrong with `read` and `write` for the workflow in the folder `root`, whose links are resolved.

    The links of a granted path are followed: what it leads to is what nodes would reach. It need not be there yet.
    `at` makes a problem at a place in workflow.yaml.
    """
    for kind in ("read", "write"):
        for number, text in enumerate(reading.texts("permissions", kind)):
            path = granted_path(text)
            if isinstance(path, Fault):
                continue  # has been told
            if fault := _fault(root, Path(os.path.realpath(path)), kind == "write"):
                message = f"permissions.{kind}[{number}] {shown(text)} {fault.message}"
                yield at(("permissions", kind, number), message, str(fault.suggestion))


def refusal(root: Path, text: str, *, writes: bool) -> Fault | None:
    """Why the workflow in the folder `root` can never be granted this path; None where it can."""
    path = granted_path(text)
    return path if isinstance(path, Fault) else _fault(root, Path(os.path.realpath(path)), writes)


def followed(path: str) -> tuple[str, tuple[str, ...]]:
    """Where a granted path really leads, and the symbolic links on the way, each by its absolute path.

    So `/var/run/x` is `/run/x` by the link `/var/run`. Where the links run in a circle the path itself is given.
    """
    links: list[str] = []
    here, rest = Path("/"), list(Path(path).parts[1:])
    while rest and len(links) < _MOST_LINKS:
        part, rest = rest[0], rest[1:]
        step = here.parent if part == ".." else here / part
        if not step.is_symlink():
            here = step
            continue
        links.append(str(step))
        target = step.readlink()
        here = Path("/") if target.is_absolute() else here
        rest = [part for part in target.parts if part != "/"] + rest
    return (path, ()) if rest else (str(here), tuple(dict.fromkeys(links)))


def _fault(root: Path, real: Path, writes: bool) -> Fault | None:
    if fault := off_limits(str(real)):
        return Fault(f"leads to {real}, which {fault.message}", fault.suggestion)
    if root.is_relative_to(real):
        return Fault("holds the workflow's folder, with what it keeps from its nodes", _BESIDE)
    if writes and real.is_relative_to(root):
        return Fault("lies in the workflow's folder, and nodes must not change their own code", _ELSEWHERE)
    if writes and (engine := next((one for one in _engine() if _overlap(one, real)), None)):
        return Fault(f"would let nodes change the engine's own code in {engine}", _ELSEWHERE)
    if kept := next(_kept(root, real), None):
        message = f"reaches {kept.relative_to(root)}, which is never readable"
        return Fault(message, "put what nodes need into a folder of its own")
    return None


def _kept(root: Path, real: Path) -> Iterator[Path]:
    """What a grant would open of what begins with a dot in the workflow's folder, or of where that leads."""
    secrets = root / ".secrets"
    for name in (*filter(_is_hidden, _entries(root)), *_entries(secrets)):
        if _overlap(Path(os.path.realpath(name)), real):
            yield name
    if real.is_relative_to(root):
        yield from (part for part in (real, *real.parents) if part.is_relative_to(root) and _is_hidden(part))
        for place, folders, files in os.walk(real):
            yield from filter(_is_hidden, (Path(place, name) for name in (*folders, *files)))


def _engine() -> Iterator[Path]:
    """Where the code lies that the engine itself runs, outside of any lock, at its next start."""
    yield Path(__file__).parents[1]
    ways = sysconfig.get_paths()
    for name in ("stdlib", "purelib", "platlib", "scripts"):
        yield Path(os.path.realpath(ways[name]))


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_hidden(path: Path) -> bool:
    """Names with two dots are how Kubernetes keeps the files of a mounted volume."""
    return path.name.startswith(".") and not path.name.startswith("..")
