"""The page's scripts are typed by their comments, and are what Deno's own tools call good."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.unit.sandbox.deno.driver import DENO

from pipedreamer import web

STATIC = Path(web.__file__).with_name("static")
CONFIG = Path(__file__).with_name("deno.json")
OURS = sorted(map(str, [*STATIC.glob("*.js"), *STATIC.glob("*.ts"), *(STATIC / "vendor").glob("*.d.ts")]))
BUDGET = 300_000


@pytest.mark.parametrize(
    "arguments",
    [("fmt", "--check", "--config", CONFIG), ("lint", "--no-config"), ("check", "--config", CONFIG)],
    ids=["fmt", "lint", "check"],
)
def test_the_scripts_are_clean(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([DENO, *arguments, *OURS], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_all_that_a_browser_can_ask_for_is_small() -> None:
    sent = [path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".svg"}]
    assert sum(path.stat().st_size for path in sent) < BUDGET


def test_what_is_vendored_has_its_licence_and_its_line() -> None:
    told = (STATIC / "vendor" / "README.md").read_text()
    for path in (STATIC / "vendor").glob("*.js"):
        assert path.with_suffix(".LICENSE").is_file()
        assert f"`{path.name}`" in told
        assert "sourceMappingURL" not in path.read_text()


def test_no_source_makes_markup_of_text_or_names_another_place() -> None:
    for path in [*STATIC.glob("*.js"), STATIC / "page.css"]:
        text = path.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://", text), (
            path.name
        )
    for path in STATIC.with_name("templates").iterdir():
        assert not re.search(r"\|\s*safe|<style|style=|\son\w+=|<script>|autoescape", path.read_text()), path.name
