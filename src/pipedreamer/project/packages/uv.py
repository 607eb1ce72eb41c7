"""The one place that runs uv: finding it, the settings it gets, and what its errors mean."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pipedreamer.errors import PackageError

# What would send uv to another Python or folder than we name; index settings are the person's and stay.
_DROPPED = re.compile(
    r"UV_(PYTHON|SYSTEM_PYTHON|BREAK_SYSTEM_PACKAGES|PROJECT|WORKING_DIR(ECTORY)?|TARGET|PROJECT_ENVIRONMENT"
    r"|PYTHON_PLATFORM|NO_VERIFY_HASHES|NO_BINARY(_PACKAGE)?|REQUIRE_HASHES)"
    r"|VIRTUAL_ENV|CONDA_PREFIX|PYTHONPATH|PYTHONHOME"
)
# pip's settings that uv does not read, under uv's name, where uv has none of its own.
_FROM_PIP = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_EXTRA_INDEX_URL", "UV_INDEX"),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
    "PIP_CERT": ("SSL_CERT_FILE",),
}
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@")
_MEANINGS = (
    (
        r"(\S+?)(?:[=<>!~]\S*)? has no usable wheels|Building source distributions for `?([\w.-]+)`? is disabled",
        "{} has no wheel for this Python and system: pick a version that has, or allow building with `--allow-build`",
    ),
    (r"Because (\S+) was not found in the package registry", "there is no package {} on the index: check its spelling"),
    (
        r"Hash mismatch for `(\S+?)`",
        "the files of {} on the index are not the ones that were locked: run `pipedreamer lock` if you trust them",
    ),
    (
        r"Failed to fetch|error sending request|dns error|tcp connect",
        "the package index cannot be reached: check the network, the proxy, or UV_DEFAULT_INDEX",
    ),
    (
        r"depends on Python|requires Python",
        "a package needs a later Python: set requires-python in pyproject.toml, or pick an earlier version",
    ),
    (r"unsatisfiable|incompatible", "no versions fit together: loosen a requirement"),
)


def run_uv(arguments: list[str], folder: Path, task: str) -> None:
    """Run uv in `folder`; an error becomes one PackageError: what was being done, why it failed, what to do."""
    command = [find_uv(), *arguments, "--python", sys.executable, "--color", "never", "--no-progress", "--quiet"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=uv_environment(os.environ),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise PackageError(f"{task} failed: {explain(done.stderr)}")


def find_uv(places: Iterable[str | None] | None = None) -> str:
    """The path of uv: beside this Python, in its package, or on the PATH."""
    for place in _places() if places is None else places:
        if place and os.access(place, os.X_OK):
            return place
    raise PackageError("locking and installing packages needs uv: pip install 'pipedreamer[packages]'")


def uv_environment(person: Mapping[str, str]) -> dict[str, str]:
    """The person's environment without what would turn uv elsewhere, and with pip's index settings."""
    settings = {name: value for name, value in person.items() if not _DROPPED.fullmatch(name)}
    for pip, names in _FROM_PIP.items():
        if person.get(pip) and not any(name in person for name in names):
            settings[names[0]] = person[pip]
    links = [link for link in person.get("PIP_FIND_LINKS", "").split() if "://" in link or Path(link).is_dir()]
    if links and "UV_FIND_LINKS" not in person:
        settings["UV_FIND_LINKS"] = ",".join(links)
    return settings


def explain(stderr: str) -> str:
    """uv's error as one line without credentials: our words where we know it, then uv's own."""
    text = _CREDENTIALS.sub("***@", stderr)
    lines = [re.sub(r"^(error|cause|warning|hint):\s*", "", line.strip()) for line in text.splitlines()]
    said = "; ".join(line for line in lines if line)
    said = said if len(said) <= 600 else f"{said[:600]}..."
    for pattern, meaning in _MEANINGS:
        if found := re.search(pattern, text):
            name = next((group for group in found.groups() if group), "")
            return f"{meaning.format(name)} (uv: {said})"
    return said or "uv said nothing"


def _places() -> Iterable[str | None]:
    yield shutil.which("uv", path=str(Path(sys.executable).parent))
    try:
        from uv import find_uv_bin  # an extra: only those who lock or install have it
    except ImportError:
        pass
    else:
        with suppress(FileNotFoundError):
            yield find_uv_bin()
    yield shutil.which("uv")
