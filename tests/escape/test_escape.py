"""What a node could try to get out, tried: on every tier that this machine has.

`inside/flow/attempts` are the attempts, `inside/world.py` what they could reach and how it is told that they have.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.escape.tiers import TIERS, Suite, Tier, missing

IN_CI = os.environ.get("CI") == "true"


@pytest.fixture
def make_room() -> Iterator[Any]:
    """Folders that another user can get to, which pytest's own cannot be."""
    made: list[str] = []

    def make(below: str) -> Path:
        made.append(tempfile.mkdtemp(prefix="escape-room-", dir=below))
        Path(made[-1]).chmod(0o755)
        return Path(made[-1])

    yield make
    for folder in made:
        subprocess.run(["rm", "-rf", folder], check=True)  # deeper than shutil can follow


def demand(place: str) -> None:
    """Skip on a desk, fail in CI, where the machine has not got this place."""
    if lacking := missing(place):
        (pytest.fail if IN_CI else pytest.skip)(lacking)


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
def test_nothing_gets_out(tier: Tier, suite: Suite, make_room: Any, counted: list[tuple[str, int, int]]) -> None:
    demand(tier.place)
    said = suite.run(tier, make_room(tier.below))
    found, layers = said["found"], said["layers"]
    held = {"landlock": layers["landlock"] >= 3, "namespaces": layers["namespaces"] == ""}
    assert held == tier.layers, layers
    assert layers["seccomp"] == ""
    escaped = {name: outcome["escaped"] for name, outcome in found.items() if outcome["escaped"]}
    counted.append((tier.name, len(found), len(found) - len(escaped)))
    assert len(found) > 250
    assert {name: signs for name, signs in escaped.items() if name not in tier.known} == {}
    assert tier.known.keys() - escaped.keys() == set(), "held by now: it need not be called known any more"


def test_the_attempts_are_real(suite: Suite, make_room: Any) -> None:
    """Where nothing is locked each one gets out, but for those that say why they cannot."""
    demand("root")
    found = suite.run_unlocked(make_room("/tmp"))["found"]
    assert {name: outcome["how"] for name, outcome in found.items() if not outcome["escaped"]} == {}
    assert len(found) > 150
