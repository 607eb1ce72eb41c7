"""Logging in and out in a real browser, with a script and without, behind a proxy that takes a prefix away, too."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.acceptance.proxying import proxied
from tests.acceptance.running import Engine, StartEngine
from tests.conftest import WriteWorkflow
from tests.integration.web import conftest

browser = conftest.browser

ECHO = "def run(ctx, input):\n    return input\n"
READ, RUN = "reading-token-of-the-test", "running-token-of-the-test"


@pytest.fixture
def engine(write_workflow: WriteWorkflow, start: StartEngine, tmp_path: Path) -> Engine:
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(f"reader: {{token: {READ}, scope: read}}\nrunner: {{token: {RUN}, scope: run}}\n")
    return start("serve", write_workflow({"echo": ECHO}), "--tokens", tokens)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`visit(address, java_script_enabled=...)` -> the page there, in a new profile; no script may fail."""
    contexts = []
    troubles: list[str] = []

    def visit(address: str, **settings: Any) -> Page:
        context = browser.new_context(**settings)
        contexts.append(context)
        context.set_default_timeout(conftest.PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


def log_in(page: Page, token: str) -> None:
    field = page.get_by_label("Token")
    expect(field).to_be_focused()
    field.fill(token)
    page.keyboard.press("Enter")


def a_run(engine: Engine) -> str:
    run_id: str = engine.ask("POST", "/run", '{"n": 1}', {"pipedreamer-token": RUN}).json["runId"]
    return run_id


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("is_proxied", [False, True])
def test_one_logs_in_looks_around_and_logs_out(
    scripts: bool, is_proxied: bool, engine: Engine, visit: Callable[..., Page]
) -> None:
    run_id = a_run(engine)
    with proxied(engine.port) as behind:
        address = behind if is_proxied else f"http://127.0.0.1:{engine.port}"
        page = visit(f"{address}/runs/{run_id}?tab=input", java_script_enabled=scripts)
        assert page.url.startswith(f"{address}/login?next=")
        log_in(page, "mistyped")
        expect(page.get_by_role("alert")).to_contain_text("does not know that token")
        log_in(page, f" {RUN} ")
        expect(page.locator("h1")).to_contain_text(run_id[:12])
        assert page.url == f"{address}/runs/{run_id}?tab=input"
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("pipedreamer-flow", True, "Strict")
        assert cookie["path"] == (re.sub(r"^http://[^/]*", "", address) or "/")
        page.get_by_role("link", name="Runs", exact=True).click()
        expect(page.locator(".run")).to_have_count(1)
        page.get_by_role("link", name="Workflow", exact=True).click()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Token")).to_be_focused()
        assert page.context.cookies() == []
        page.goto(f"{address}/runs")
        assert page.url == f"{address}/login?next=runs"


def test_who_may_run_does_and_who_may_read_has_no_button_for_it(engine: Engine, visit: Callable[..., Page]) -> None:
    address = f"http://127.0.0.1:{engine.port}"
    page = visit(address)
    log_in(page, RUN)
    page.get_by_role("button", name="Run…").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Run")).click()
    expect(page).to_have_url(re.compile(r"/runs/[0-9a-f]{32}"))
    expect(page.get_by_role("button", name="Re-run…")).to_be_visible()
    run = page.url

    page = visit(run)
    log_in(page, READ)
    expect(page.locator(".box")).to_have_count(1)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    expect(page.get_by_role("button", name="Re-run…")).to_have_count(0)
    page.keyboard.press("r")
    page.goto(f"{run}?again=1")
    expect(page.locator(".box")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"{address}/?run=1")
    expect(page.locator(".box")).to_have_count(1)
    expect(page.get_by_role("button", name="Run…")).to_have_count(0)
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_page_whose_login_has_ended_leads_to_the_login(
    engine: Engine, visit: Callable[..., Page], tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{engine.port}/runs?state=succeeded"
    page = visit(address)
    log_in(page, READ)
    expect(page.locator("#live")).to_have_text("Live")
    (tmp_path / "tokens.yaml").write_text(f"runner: {{token: {RUN}, scope: run}}\n")
    page.wait_for_url("**/login?next=*")
    log_in(page, RUN)
    expect(page.locator("#live")).to_have_text("Live")
    assert page.url == address
