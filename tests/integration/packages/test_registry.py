"""The index that this machine is set up for, as a person's first `pipedreamer lock` meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipedreamer.project.packages import environment, lock


def test_two_small_packages_of_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    flow = tmp_path / "flow"
    flow.mkdir()
    (flow / "requirements.txt").write_text("iniconfig>=2\nsortedcontainers==2.4.0\n")
    assert [pin.partition("==")[0] for pin in lock(flow).packages] == ["iniconfig", "sortedcontainers"]
    assert "://" not in (flow / "requirements.lock").read_text()
    load = "import iniconfig, sortedcontainers; print(sortedcontainers.__version__)"
    code = f"import sys; sys.path.append({str(environment(flow))!r}); {load}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2.4.0\n"
