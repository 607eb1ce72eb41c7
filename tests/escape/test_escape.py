"""What a node could try to get out, tried: on every tier that this machine has.

`inside/python/attempts` and `inside/typescript/attempts` are the attempts, `inside/world.py` what they could reach and
how it is told that they have.
"""

import os
from typing import Any

import pytest
from tests.escape.tiers import TIERS, Suite, Tier, missing

ATTEMPTS = {"python": 250, "typescript": 200, "typescript, trusted by Deno": 200}
"""Who attacks, and how many attempts there are at least."""

IN_CI = os.environ.get("CI") == "true"


def demand(place: str) -> None:
    """Skip on a desk, fail in CI, where the machine has not got this place."""
    if lacking := missing(place):
        (pytest.fail if IN_CI else pytest.skip)(lacking)


@pytest.mark.parametrize(
    ("tier", "attacker"),
    [
        pytest.param(tier, name, id=f"{tier.name}, {name}")
        for name in ATTEMPTS
        for tier in TIERS
        if name in tier.attackers
    ],
)
def test_nothing_gets_out(tier: Tier, attacker: str, outcome: Any, counted: list[tuple[str, str, int, int]]) -> None:
    demand(tier.place)
    said = outcome(tier, attacker)
    found, layers = said["found"], said["layers"]
    held = {"landlock": layers["landlock"] >= 3, "namespaces": layers["namespaces"] == ""}
    assert held == tier.layers, layers
    assert layers["seccomp"] == ""
    escaped = {name: outcome["escaped"] for name, outcome in found.items() if outcome["escaped"]}
    counted.append((tier.name, attacker, len(found), len(found) - len(escaped)))
    assert len(found) > ATTEMPTS[attacker]
    known = {same_name(name): why for name, why in tier.known.items()}
    assert {name: signs for name, signs in escaped.items() if same_name(name) not in known} == {}
    assert {name for name in found if same_name(name) in known} - escaped.keys() == set(), (
        "held by now: it need not be called known any more"
    )


def same_name(attempt: str) -> str:
    """The name of an attempt in every language."""
    return attempt.replace("_", "").lower()


@pytest.mark.parametrize("attacker", ["python", "typescript, trusted by Deno"])
def test_the_attempts_are_real(attacker: str, outcome: Any) -> None:
    """Where nothing is locked each one gets out, but for those that say why they cannot."""
    demand("root")
    found = outcome(None, attacker)["found"]
    assert {name: outcome["how"] for name, outcome in found.items() if not outcome["escaped"]} == {}
    assert len(found) > 120


def test_no_install_script_has_run(suite: Suite) -> None:
    assert not suite.installed.exists()
