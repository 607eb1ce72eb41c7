"""The page of a served workflow, in a real browser: run something, watch it go, break it, repeat it."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect
from tests.acceptance.running import StartEngine
from tests.conftest import WriteWorkflow
from tests.integration.web import conftest

browser = conftest.browser

STEP = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    ctx.log.info(f"{ctx.node} began")
    while ctx.node == "b" and not Path(input["gate"]).exists():
        await asyncio.sleep(0.01)
    if ctx.node == "b" and Path(input["gate"]).read_text() == "break":
        raise ValueError("broken on purpose")
    return input
"""


def test_a_run_is_started_watched_broken_and_repeated(
    browser: Browser, write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    folder = write_workflow({"a": STEP, "b": STEP, "c": STEP}, edges=[("a", "b"), ("b", "c")], signs=True)
    gate = signs / "gate"
    engine = start("serve", folder)
    page = browser.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.goto(f"http://127.0.0.1:{engine.port}/")
    expect(page.get_by_text("namespaces and Landlock").first).to_be_visible()

    page.get_by_role("button", name=re.compile("Run")).click()
    page.get_by_role("textbox").last.fill(f'{{"gate": "{gate}"}}')
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Run")).click()
    expect(page).to_have_url(re.compile(r"/runs/[0-9a-f]{32}"))
    first = page.url
    expect(page.get_by_text("b began")).to_be_visible()
    expect(page.get_by_text("running").first).to_be_visible()
    gate.write_text("break")
    expect(page.get_by_text("broken on purpose").first).to_be_visible()
    expect(page.get_by_text("failed").first).to_be_visible()

    gate.write_text("go on")
    page.get_by_role("button", name=re.compile("Re-run")).click()
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page).not_to_have_url(first)
    expect(page.get_by_text("succeeded").first).to_be_visible()
    assert troubles == []
    page.close()
