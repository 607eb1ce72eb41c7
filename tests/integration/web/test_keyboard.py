"""All of it without a mouse."""

from typing import Any

from playwright.sync_api import expect
from tests.integration.web import samples


def test_search_move_and_open(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 5)
    page = visit(f"{served.address}runs")
    expect(page.locator("#live")).to_have_text("Live")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("jk")
    expect(page.locator("#search")).to_have_value("jk")
    page.keyboard.press("Escape")
    for key in "jjjk":
        page.keyboard.press(key)
    expect(page.locator(".run a.open").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/0*")


def test_again_from_the_list_asks_first(served: Any, visit: Any) -> None:
    run = samples.failed(served.twin)
    page = visit(f"{served.address}runs")
    expect(page.locator("#live")).to_have_text("Live")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_contain_text("From what failed: reserve")
    assert page.url.endswith(f"runs/{run['id']}")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert served.twin.posted == []


def test_the_nodes_of_a_run(served: Any, visit: Any) -> None:
    run = samples.succeeded(served.twin)
    page = visit(f"{served.address}runs/{run['id']}")
    expect(page.locator(".box")).to_have_count(7)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#inspector h2")).to_contain_text("check")
    page.keyboard.press("k")
    expect(page.locator("#inspector h2")).to_contain_text("read")
    assert page.url.endswith("?node=read")
    page.keyboard.press("Enter")
    expect(page.locator(".tabs a").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".tree")).to_contain_text("sku")


def test_the_graph_is_walked_with_arrows(served: Any, visit: Any) -> None:
    page = visit(served.address)
    expect(page.locator(".box")).to_have_count(7)
    page.locator(".box").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#node h2")).to_have_text("check")
    expect(page.locator(".box[data-id=check]")).to_be_focused()
    assert page.locator(".box[tabindex='0']").count() == 1


def test_the_keys_are_listed_and_the_focus_comes_back(served: Any, visit: Any) -> None:
    page = visit(served.address)
    expect(page.locator("#live")).to_have_text("Live")
    page.get_by_role("button", name="Keyboard shortcuts").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("run again")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_focused()


def test_everything_that_can_be_pressed_has_a_name_and_a_visible_focus(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 3)
    run = samples.failed(served.twin)
    for path in ("", "runs", f"runs/{run['id']}?node=reserve&tab=attempts"):
        page = visit(served.address + path)
        page.wait_for_load_state("load")
        expect(page.locator(".run, .box").first).to_be_visible()
        seen = set()
        for _ in range(70):
            page.keyboard.press("Tab")
            about = page.evaluate("""() => {
                const at = document.activeElement;
                const box = at.querySelector('rect') ?? at;
                const row = at.closest('.run') ?? at; const style = getComputedStyle(row);
                return { key: at.outerHTML.slice(0, 200), body: at === document.body,
                  name: at.ariaLabel || at.innerText || at.textContent || at.labels?.[0]?.innerText || at.title || '',
                  shown: style.outlineStyle !== 'none' || parseFloat(getComputedStyle(box).strokeWidth) >= 4 } }""")
            if about["body"] or about["key"] in seen:
                break
            seen.add(about["key"])
            assert about["name"].strip(), about
            assert about["shown"], about
        assert len(seen) > 8, path
