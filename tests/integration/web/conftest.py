"""A real Chromium, and the twin of the engine that it visits."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.integration.web import samples
from tests.integration.web.serving import Served, serving
from tests.integration.web.twin import Twin

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 60_000

Serve = Callable[..., Served]
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Debian's chromium is not installed; `SYSTEM=1 make components` does that")
        pytest.skip("needs Debian's chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(twin, prefix)` -> it at an address."""
    with ExitStack() as held:
        yield lambda twin, prefix="/": held.enter_context(serving(twin, prefix))


@pytest.fixture
def twin() -> Twin:
    """The workflow `orders`, which has not run yet."""
    return samples.orders()


@pytest.fixture
def served(serve: Serve, twin: Twin) -> Served:
    return serve(twin)


@pytest.fixture
def visit(browser: Browser, serve: Serve) -> Iterator[Visit]:
    """`visit(address)` -> the page there, in a new profile.

    After the test: nothing was asked of another host, nothing was refused by the policy, no script failed.
    `fails` are the texts of the console that the test expects.
    """
    contexts = []
    troubles: list[str] = []
    expected: list[str] = []

    def visit(address: str, fails: tuple[str, ...] = (), **settings: Any) -> Page:
        expected.extend(fails)
        context = browser.new_context(**{"timezone_id": "Asia/Tokyo", **settings})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        host = urlsplit(address).netloc
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: None if _within(request.url, host) else troubles.append(request.url))
        page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [trouble for trouble in troubles if not any(part in trouble for part in expected)] == []


def _within(url: str, host: str) -> bool:
    return urlsplit(url).netloc == host
