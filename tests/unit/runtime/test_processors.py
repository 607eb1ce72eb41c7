"""A container's share of the processors counts, not the machine's."""

import os
from pathlib import Path

import pytest

from pipedreamer.runtime.processors import processors


@pytest.mark.parametrize(("text", "expected"), [("50000 100000", 1), ("100000 100000", 1), ("0 100000", 1)])
def test_a_small_share_is_one_processor(text: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert processors(tmp_path / "cpu.max") == expected


@pytest.mark.parametrize("text", ["max 100000", "9000000 100000", "nonsense", ""])
def test_without_a_smaller_share_it_is_those_it_may_run_on(text: str, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert processors(tmp_path / "cpu.max") == len(os.sched_getaffinity(0))


def test_without_cgroups_it_is_those_it_may_run_on(tmp_path: Path) -> None:
    assert processors(tmp_path / "missing") == len(os.sched_getaffinity(0))
