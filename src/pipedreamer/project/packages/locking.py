"""`pipedreamer lock`: requirements -> requirements.lock."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipedreamer.errors import PackageError, Problem, ProjectError
from pipedreamer.project.packages.lockfile import LOCK_FILE, current_lock, format_lock, parse_lock
from pipedreamer.project.packages.requirements import Requirements, read_requirements
from pipedreamer.project.packages.uv import run_uv
from pipedreamer.project.reading import UnreadableError, read_text
from pipedreamer.writing import write_whole

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LockReport:
    """What `lock` did: the lock's path (None where nothing is asked for), each "name==version", whether it changed."""

    file: Path | None
    packages: tuple[str, ...]
    changed: bool


def lock(
    project_root: Path, allow_build: bool = False, *, upgrade: bool = False, say: Say = lambda _: None
) -> LockReport:
    """Find versions that fit a workflow's requirements, and write them with hashes into requirements.lock.

    Versions of the present lock stay where they fit, unless `upgrade`. Only packages with wheels are taken, unless
    `allow_build`: building runs the package's own code. Raises ProjectError for refused requirements and
    PackageError where no versions fit or the index does not answer.
    """
    requirements = read_requirements(project_root)
    file = project_root / LOCK_FILE
    before = _present(file)
    if requirements is None:
        if before is not None:
            file.unlink()
        return LockReport(None, (), before is not None)
    say(f"locking the packages of {requirements.file}")
    text = format_lock(requirements, _resolve(requirements, "" if upgrade else before or "", allow_build))
    report = LockReport(file, parse_lock(text, str(file)).pins, text != before)
    if "://" in text:
        raise PackageError(
            f"{requirements.file}: the index led to an address instead of a package; nothing was written"
        )
    if report.changed:
        write_whole(file, text)
    return report


def check_packages(project_root: Path) -> tuple[Problem, ...]:
    """What is wrong with a workflow's requirements and lock; asks no index."""
    try:
        current_lock(project_root, read_requirements(project_root))
    except ProjectError as error:
        return error.problems
    except PackageError as error:
        file = str(project_root / LOCK_FILE)
        return (Problem(file, 0, 0, str(error).removeprefix(f"{file}: ")),)
    return ()


def _present(file: Path) -> str | None:
    try:
        return read_text(file)
    except UnreadableError:
        return None


def _resolve(requirements: Requirements, before: str, allow_build: bool) -> str:
    """Let uv resolve in a folder that holds the accepted lines and no other file of the workflow's."""
    with tempfile.TemporaryDirectory(prefix="pipedreamer-lock-") as scratch:
        folder = Path(scratch)
        write_whole(folder / "requirements.in", "\n".join(requirements.lines) + "\n")
        write_whole(folder / "constraints.in", "\n".join(requirements.constraints) + "\n")
        with suppress(PackageError):  # a lock that cannot be read has no versions to keep
            write_whole(folder / "resolved.txt", parse_lock(before, LOCK_FILE).text + "\n")
        arguments = [
            *("pip", "compile", "requirements.in", "--constraints", "constraints.in", "--output-file", "resolved.txt"),
            *("--universal", "--python-version", requirements.python, "--generate-hashes", "--no-emit-index-url"),
            *("--no-header", "--no-annotate", "--no-python-downloads"),
        ]
        run_uv([*arguments, *wheels_only(allow_build)], folder, f"locking the packages of {requirements.file}")
        return (folder / "resolved.txt").read_text("utf-8")


def wheels_only(allow_build: bool) -> list[str]:
    """uv's option that keeps a package's own code from running while it is installed."""
    return [] if allow_build else ["--only-binary", ":all:"]
