"""The suite's environment and all runs of it, once a session, and the table of what it has counted."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.escape.tiers import Suite, Tier, missing

ROOT = Path(__file__).parents[2]
AT_ONCE = (os.cpu_count() or 1) + 1
COUNTED: pytest.StashKey[list[tuple[str, str, int, int]]] = pytest.StashKey()


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    folder = Path(tempfile.mkdtemp(prefix="escape-", dir="/tmp"))
    try:
        made = Suite(folder)
        made.build(ROOT, shutil.which("uv") or str(Path(sys.executable).parent / "uv"))
        yield made
    finally:
        shutil.rmtree(folder)


Outcome = dict[str, Any]


@pytest.fixture(scope="session")
def outcome(request: pytest.FixtureRequest, suite: Suite) -> Iterator[Callable[[Tier | None, str], Outcome]]:
    """What became of the attempts of an attacker on a tier; None is the one where nothing is locked.

    They are all begun at once, for mostly they wait.
    """
    found: dict[tuple[str, str], Future[Outcome]] = {}
    with ThreadPoolExecutor(AT_ONCE) as hands:
        for item in sorted(request.session.items, key=lambda item: "gVisor" not in item.name):  # it takes longest
            given: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
            tier, attacker = given.get("tier"), given.get("attacker")
            if attacker and not missing(tier.place if tier else "root"):
                found[tier.name if tier else "", attacker] = hands.submit(_run, suite, tier, attacker)
        yield lambda tier, attacker: found[tier.name if tier else "", attacker].result()
        hands.shutdown(cancel_futures=True)


def _run(suite: Suite, tier: Tier | None, attacker: str) -> Outcome:
    """In a folder that another user can get to, which pytest's own cannot be."""
    room = Path(tempfile.mkdtemp(prefix="escape-room-", dir=tier.below if tier else "/tmp"))
    room.chmod(0o755)
    try:
        return suite.run(tier, attacker, room) if tier else suite.run_unlocked(attacker, room)
    finally:
        subprocess.run(["rm", "-rf", room], check=True)  # deeper than shutil can follow


@pytest.fixture
def counted(pytestconfig: pytest.Config) -> list[tuple[str, str, int, int]]:
    """Add `(tier, attacker, attempts, held)` to it, and it is in the table at the end."""
    return pytestconfig.stash.setdefault(COUNTED, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash.get(COUNTED, [])
    if rows:
        terminalreporter.section("attempts to escape")
        terminalreporter.line(f"{'tier':<30}{'nodes in':<30}{'attempts':>10}{'held':>8}")
        for tier, attacker, attempts, held in rows:
            terminalreporter.line(f"{tier:<30}{attacker:<30}{attempts:>10}{held:>8}")
