"""A thousand nodes, ten thousand lines, ten megabytes: what is drawn stays small."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.integration.web import samples


@pytest.fixture
def page(serve: Any, visit: Any) -> Page:
    twin, run = samples.huge()
    page: Page = visit(f"{serve(twin).address}runs/{run['id']}")
    expect(page.locator(".finding")).to_contain_text("10,000 lines")
    return page


def test_only_what_is_in_sight_is_there(page: Page) -> None:
    expect(page.locator(".box")).to_have_count(1000)
    assert page.locator(".row").count() < 50
    assert 10 < page.locator(".logs li").count() < 80
    page.locator(".logs .rows").evaluate("box => box.scrollTop = box.scrollHeight")
    expect(page.locator(".logs .n").last).to_have_text("10000")
    assert page.locator(".logs li").count() < 80
    page.locator(".timeline .rows").evaluate("box => box.scrollTop = box.scrollHeight")
    expect(page.locator(".row").last).to_contain_text("step-0999")
    assert page.locator(".row").last.get_attribute("aria-posinset") == "1000"
    assert page.locator(".row").count() < 50


def test_a_line_has_an_address(page: Page) -> None:
    page.goto(f"{page.url}?line=7000")
    chosen = page.locator(".logs li.chosen").first
    expect(chosen).to_be_in_viewport()
    expect(chosen.locator(".n")).to_have_text("7000")


def test_lines_are_found(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("line 4321:")
    expect(page.locator(".logs .n")).to_have_text(["4322"])
    assert page.url.endswith("?find=line+4321%3A")


def test_a_large_output_is_fetched_only_when_asked_for(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{page.url}?node=step-0999&tab=output")
    expect(page.locator(".shown")).to_contain_text("10 MB")
    assert not any(url.endswith("/large") for url in asked)
    page.get_by_role("button", name="Show it").click()
    page.get_by_role("button", name="items").click()
    expect(page.locator(".tree .key", has_text="99")).to_be_visible()
    assert page.locator(".tree .key").count() < 400
    page.get_by_role("button", name="19,900 more…").click()
    expect(page.get_by_role("button", name="18,900 more…")).to_be_visible()
