"""What keeps the start short: heavy libraries are not imported before they are needed."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).parent / "pipedreamer"
HEAVY = ["pydantic", "httpx", "httpcore", "jsonschema_rs", "prometheus_client", "rich", "cronsim"]
NODE = "async def run(ctx, input): return input"


def _imported(command: list[str], until: str) -> list[str]:
    """The heavy libraries a command had imported when it wrote `until`; it is ended then."""
    lines = []
    with subprocess.Popen(
        [PROGRAM, *command],
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if until in line:
                break
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert until in lines[-1], "".join(lines)[-2000:]
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert "pipedreamer.cli.program" in imported
    return [name for name in HEAVY if name in imported]


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["init", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert _imported(arguments, "--help") == []


def test_serve_answers_before_anything_heavy_is_imported(write_workflow: Any) -> None:
    folder = write_workflow({"n": NODE})
    assert _imported(["serve", str(folder), "--port", "0"], "serving flow 1.0 at") == []
