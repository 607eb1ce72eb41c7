"""What `uvx`, `pipx` and `pip` install: the built wheel, in an environment of its own, runs a workflow."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"


def test_a_workflow_runs_from_the_installed_wheel(tmp_path: Path) -> None:
    wheels = tmp_path / "dist"
    build: list[str | Path] = [
        UV,
        "build",
        "--quiet",
        "--wheel",
        "--offline",
        "--no-build-isolation",
        "--python",
        sys.executable,
    ]
    _call([*build, "--out-dir", wheels, ROOT], tmp_path)
    (wheel,) = wheels.glob("*.whl")
    environment = tmp_path / "environment"
    _call([UV, "venv", "--quiet", "--offline", "--python", sys.executable, environment], tmp_path)
    python = environment / "bin" / "python"
    _call([UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel], tmp_path)
    # The libraries are those of the lock, lent by the environment of the tests; our own code is the wheel's alone.
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"))

    program = environment / "bin" / "pipedreamer"
    where = _call([python, "-c", "import pipedreamer; print(pipedreamer.__file__)"], tmp_path)
    assert where.startswith(str(environment))
    _call([program, "init", "my-flow"], tmp_path)
    assert "1/1 tests passed" in _call([program, "test", "my-flow"], tmp_path)
    answer = json.loads(_call([program, "run", "my-flow", "--input", '{"name": "Ada"}'], tmp_path))
    assert answer["outputs"]["hello"] == {"greeting": "Hello, Ada!"}


def _call(command: list[str | Path], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout
