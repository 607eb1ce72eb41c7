"""Commands on disks that cannot take what they write: a real file system of a few pages, seen by the command alone."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

_UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
_MAY_MOUNT = subprocess.run([*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0
_SCRIPT = """
mount -t tmpfs -o size={size} none disk && cd disk && {{ {prepare} }} && cd .. && {close} || exit 99
"$@"; code=$?
cp -a disk left
exit $code
"""
FULL = "head -c 1M /dev/zero >filling 2>&-; true"
needs_a_disk = pytest.mark.skipif(not _MAY_MOUNT, reason="this user may mount nothing")


def on_disk(
    person: Any,
    *words: str,
    prepare: str = "true",
    size: str = "8k",
    read_only: bool = False,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command where `disk` is such a disk, after shell commands in it; `left` is a copy of it at the end."""
    (person.folder / "disk").mkdir()
    close = "mount -o remount,ro disk" if read_only else "true"
    script = _SCRIPT.format(size=shlex.quote(size), prepare=f"{prepare};", close=close)
    done = subprocess.run(
        [*_UNSHARE, "sh", "-c", script, "sh", person.program, *words],
        cwd=person.folder,
        env=person.environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 99, done.stderr
    return done


def left(person: Any) -> dict[str, str]:
    """What was on the disk at the end, but for what filled it; folders have a `/` and no text."""
    place: Path = person.folder / "left"
    found = [path for path in place.rglob("*") if path.name != "filling"]
    return {
        str(path.relative_to(place)) + "/" * path.is_dir(): "" if path.is_dir() else path.read_text() for path in found
    }
