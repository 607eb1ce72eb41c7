"""Cancel and re-run: a question first, and exactly what was answered is asked of the engine."""

from typing import Any

import pytest
from playwright.sync_api import expect
from tests.integration.web import samples


def test_cancel_asks_first(served: Any, visit: Any) -> None:
    run = samples.running(served.twin)
    page = visit(f"{served.address}runs/{run['id']}")
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Not now").click()
    assert served.twin.posted == []
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert served.twin.posted == [(f"runs/{run['id']}/cancel", {})]
    served.twin.end(run, "cancelled", samples.now())
    expect(page.locator("h1")).to_contain_text("cancelled")


@pytest.mark.parametrize(
    ("node", "choice", "told", "sent"),
    [
        ("", None, "Kept: read, check, prices. Runs anew: reserve, invoice, mail, warehouse.", ["reserve"]),
        ("?node=prices", None, "Kept: read, check. Runs anew: prices, invoice, mail.", ["prices"]),
        ("?node=prices", "The whole workflow", "Nothing is kept.", None),
    ],
    ids=["failed", "chosen", "whole"],
)
def test_re_run_says_what_is_kept(
    node: str, choice: str | None, told: str, sent: list[str] | None, served: Any, visit: Any
) -> None:
    run = samples.failed(served.twin)
    page = visit(f"{served.address}runs/{run['id']}{node}")
    page.get_by_role("button", name="Re-run…").click()
    dialog = page.get_by_role("dialog")
    if choice:
        dialog.get_by_label(choice).check()
    expect(dialog).to_contain_text(told)
    dialog.get_by_role("button", name="Re-run", exact=True).click()
    page.wait_for_url(lambda url: run["id"] not in url)
    assert served.twin.posted == [(f"runs/{run['id']}/rerun", {"from": sent})]
    expect(page.locator("#head")).to_contain_text("again from")
    page.get_by_role("link", name=run["id"][:12]).click()
    page.wait_for_url(f"**/{run['id']}")


def test_re_run_with_another_input(served: Any, visit: Any) -> None:
    run = samples.succeeded(served.twin)
    page = visit(f"{served.address}runs/{run['id']}")
    page.get_by_role("button", name="Re-run…").click()
    page.get_by_label("with another input").check()
    page.locator("#input").fill('{"order": 8}')
    page.get_by_role("button", name="Re-run", exact=True).click()
    page.wait_for_url(lambda url: run["id"] not in url)
    assert served.twin.posted == [(f"runs/{run['id']}/rerun", {"from": None, "input": {"order": 8}})]


def test_what_the_engine_refuses_is_told_in_its_words(served: Any, visit: Any) -> None:
    run = samples.failed(served.twin)
    served.twin.refusals = [(409, {"error": "the code of this run is gone; run the whole workflow"})]
    page = visit(f"{served.address}runs/{run['id']}", fails=("409",))
    expect(page.locator(".box")).to_have_count(7)
    page.keyboard.press("r")
    page.get_by_role("button", name="Re-run", exact=True).click()
    expect(page.locator("dialog .trouble")).to_have_text("the code of this run is gone; run the whole workflow")
    expect(page.get_by_role("button", name="Re-run", exact=True)).to_be_enabled()
