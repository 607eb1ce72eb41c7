"""The one place that runs Deno: finding it, the settings it gets, and what its errors mean. It runs no node's code."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipedreamer.errors import PackageError

NO_DENO = "TypeScript nodes need Deno"
REMEDY = "pip install 'pipedreamer[typescript]'"

# What would send Deno to other folders, modules or rules than we name; registries, tokens and proxies stay.
_DROPPED = re.compile(r"DENO_(DIR|CONDITIONS|V8_FLAGS|COMPAT|LOG|UNSTABLE_\w+)|NODE_(OPTIONS|PATH)")
_QUIET = {
    "DENO_NO_UPDATE_CHECK": "1",
    "DENO_NO_PROMPT": "1",
    "DENO_NO_PACKAGE_JSON": "1",
    "NO_COLOR": "1",
}
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@")
_NOISE = re.compile(r"^(Download |Dependencies:|\+ |Stack backtrace:| *\d+: <unknown>|[╭│╰])")


def find_deno() -> Path:
    """The path of the Deno that came with the extra; PackageError where it was not installed."""
    try:
        # an extra: only those who have TypeScript nodes have it
        from deno import find_deno_bin

        return Path(find_deno_bin())
    except (ImportError, FileNotFoundError):
        raise PackageError(f"{NO_DENO}: {REMEDY}") from None


def deno_version() -> str:
    """The version of the Deno that `find_deno` finds."""
    from importlib.metadata import version  # takes 10 ms, and not every start asks

    return version("deno")


def run_deno(arguments: list[str], cache: Path, person: Mapping[str, str] | None = None) -> str:
    """Run Deno with `cache` as its folder of modules and give its stdout; raises PackageError with its own words.

    `person` is the environment whose registries and proxies count; without it Deno has no settings of anybody.
    """
    settings = deno_environment(person or {}) | {"DENO_DIR": str(cache)}
    done = subprocess.run(
        [find_deno(), *arguments],
        cwd=cache.parent,
        env=settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise PackageError(explain(done.stderr))
    return done.stdout


def module_graph(arguments: list[str], cache: Path, person: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What `deno info` knows of some modules and of all that they import."""
    told = run_deno(["info", "--json", "--no-config", *arguments], cache, person)
    try:
        graph: dict[str, Any] = json.loads(told)
    except ValueError as error:
        raise PackageError(f"Deno {deno_version()} answered nonsense to `deno info --json`") from error
    return graph


def deno_environment(person: Mapping[str, str]) -> dict[str, str]:
    """A person's environment without what would turn Deno elsewhere, and quiet."""
    return {name: value for name, value in person.items() if not _DROPPED.fullmatch(name)} | _QUIET


def allowed_hosts() -> list[str]:
    """Deno's option for the hosts that modules may come from, beside those that it trusts of itself."""
    more = os.environ.get("PIPEDREAMER_ALLOW_IMPORT", "")
    return [f"--allow-import={','.join([*_TRUSTED, *more.split(',')])}"] if more else []


# What `deno help cache` lists as the default of --allow-import: naming one host would forget these.
_TRUSTED = (
    "deno.land:443",
    "jsr.io:443",
    "esm.sh:443",
    "raw.esm.sh:443",
    "cdn.jsdelivr.net:443",
    "raw.githubusercontent.com:443",
    "gist.githubusercontent.com:443",
)


def explain(said: str) -> str:
    """Deno's error as one line without credentials, progress and advice to call Deno."""
    lines = [
        re.sub(r"^(error|Caused by):\s*", "", line.strip()) for line in _CREDENTIALS.sub("***@", said).splitlines()
    ]
    kept = "; ".join(line for line in lines if line and not _NOISE.match(line))
    return (kept if len(kept) <= 600 else f"{kept[:600]}...") or "Deno said nothing"
