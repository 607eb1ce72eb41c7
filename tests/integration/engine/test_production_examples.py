"""The files in deploy/ say what they promise."""

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipedreamer.engine.entrance import ROUTES
from pipedreamer.engine.server import serve

DEPLOY = Path(__file__).parents[3] / "deploy"
UNIT = (DEPLOY / "pipedreamer.service").read_text()
DRAIN_SECONDS = inspect.signature(serve).parameters["drain_seconds"].default


@pytest.fixture
def service() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["engine"]
    return loaded


def directive(name: str) -> str:
    """The value of a line of the unit; it must stand once."""
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)
    return str(value)


def test_compose_gives_runs_longer_to_end_than_the_engine_does(service: dict[str, Any]) -> None:
    assert int(service["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS


def test_systemd_gives_runs_longer_to_end_than_the_engine_does() -> None:
    assert int(directive("TimeoutStopSec")) > DRAIN_SECONDS
    assert directive("KillMode") == "mixed"


def test_compose_runs_serve_without_rights_on_a_read_only_system(service: dict[str, Any]) -> None:
    assert service["command"][0] == "serve"
    assert service["user"].split(":")[0] != "0"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["restart"] == "unless-stopped"
    mounts = {volume["target"]: volume["read_only"] for volume in service["volumes"]}
    assert mounts == {"/app/workflow": True, "/app/tokens": True, "/app/secrets": True, "/app/config": True}


def test_both_ask_for_tokens_that_nodes_are_not_given(service: dict[str, Any]) -> None:
    assert service["command"][service["command"].index("--tokens") + 1] == "/app/tokens"
    words = re.findall(r"--(tokens|secrets) \$\{CREDENTIALS_DIRECTORY\}/(\w+)", UNIT)
    assert words == [("tokens", "tokens"), ("secrets", "secrets")]
    assert re.findall(r"^LoadCredential=(\w+):", UNIT, re.MULTILINE) == ["tokens", "secrets"]


def test_compose_publishes_the_port_on_loopback_only(service: dict[str, Any]) -> None:
    assert [port.split(":")[0] for port in service["ports"]] == ["127.0.0.1"]


def test_compose_asks_a_route_that_there_is(service: dict[str, Any]) -> None:
    (url,) = re.findall(r"http://127\.0\.0\.1:8080(/\w+)", service["healthcheck"]["test"][-1])
    assert url in ROUTES


def test_systemd_runs_serve_without_rights() -> None:
    assert " serve /srv/my-flow " in directive("ExecStart")
    for name in ("NoNewPrivileges", "DynamicUser", "PrivateTmp"):
        assert directive(name) == "yes"
    assert directive("CapabilityBoundingSet") == ""
    assert directive("ProtectSystem") == "strict"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_every_line_of_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "my-flow.service"
    unit.write_text(UNIT.replace("/opt/pipedreamer/bin/pipedreamer", sys.executable))
    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert unit.name not in checked.stderr
