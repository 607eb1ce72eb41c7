"""What can be measured of how it looks: contrast, width, and what is there without a script."""

from typing import Any

import pytest
from playwright.sync_api import expect
from tests.integration.web import samples

LOWEST = 4.5
CONTRASTS = """() => {
  const part = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return numbers(getComputedStyle(document.body).backgroundColor);
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.trim().slice(0, 40);
    if (!text || element.closest('svg, option') || !element.checkVisibility({ visibilityProperty: true })) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), text]);
  }
  return found;
}"""
SHIFTS = """() => new Promise(done => {
  const sum = list => list.getEntries().reduce((sum, each) => sum + each.value, 0);
  new PerformanceObserver(list => done(sum(list))).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(0), 500);
})"""


def _paths(served: Any) -> list[str]:
    samples.crowd(served.twin, 20)
    runs = [make(served.twin)["id"] for make in (samples.succeeded, samples.failed, samples.cancelled, samples.running)]
    return [
        "",
        "?node=check",
        "runs",
        "runs?text=nothing",
        *(f"runs/{name}?node=reserve&tab=attempts" for name in runs),
        "login",
        "login?message=this engine does not know that token; send one in a header that it does not know either",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme: str, served: Any, visit: Any) -> None:
    for path in _paths(served):
        page = visit(served.address + path, color_scheme=scheme)
        page.wait_for_load_state("load")
        texts = page.evaluate(CONTRASTS)
        assert len(texts) > 3
        assert [text for text in texts if text[0] < LOWEST] == [], path


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(width: int, served: Any, visit: Any) -> None:
    for path in _paths(served):
        page = visit(served.address + path, viewport={"width": width, "height": 740})
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_state_is_a_word_and_a_sign_not_a_colour_alone(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 20)
    page = visit(f"{served.address}runs")
    states = page.locator(".run .state")
    told = states.evaluate_all(
        "all => all.map(each => [each.innerText, each.querySelector('use').getAttribute('href')])"
    )
    signs = dict(told)
    assert set(signs) == {"succeeded", "failed", "cancelled", "interrupted"}
    assert len(set(signs.values())) == len(signs)


def test_all_is_there_without_a_script(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 60)
    run = samples.failed(served.twin)
    page = visit(served.address, java_script_enabled=False)
    expect(page.locator(".stages .node")).to_have_count(7)
    expect(page.locator(".plot rect")).to_have_count(50)
    expect(page.get_by_role("button", name="Run…")).to_be_hidden()
    page.get_by_role("link", name="Runs", exact=True).click()
    page.locator("select[name=state]").select_option("failed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".run")).to_have_count(7)
    page.locator(".run a.open").first.click()
    expect(page.locator("h1")).to_contain_text(run["id"][:12])
    expect(page.locator(".failure .place").first).to_have_text("nodes/reserve.py:31")
    expect(page.locator(".row .bars rect.b-retry")).to_have_count(2)
    expect(page.locator(".logs li")).to_have_count(8)
    page.locator(".row", has_text="read").click()
    page.get_by_role("link", name="Output").click()
    expect(page.locator("pre.json")).to_contain_text('"shelf": "Q-17"')


def test_the_script_draws_what_the_engine_had_drawn(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 20)
    run = samples.failed(served.twin)
    for path in ("", "runs", f"runs/{run['id']}"):
        page = visit(served.address + path)
        expect(page.locator(".box, .runs .run").first).to_be_visible()
        assert page.evaluate(SHIFTS) < 0.05, path
