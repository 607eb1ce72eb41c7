"""What happens while one looks: runs that come, nodes that begin and end, lines, and a connection that is lost."""

from typing import Any

from playwright.sync_api import expect
from tests.integration.web import samples


def test_new_runs_come_into_the_list_and_change_their_state(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 3)
    page = visit(f"{served.address}runs")
    expect(page.locator("#live")).to_have_text("Live")
    run = served.twin.add("running", 0)
    expect(page.locator(".run")).to_have_count(4)
    expect(page.locator(".run").first).to_contain_text("running")
    served.twin.end(run, "failed", samples.now(), "it broke")
    expect(page.locator(".run").first).to_contain_text("it broke")


def test_rows_do_not_move_under_the_keyboard(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 3)
    page = visit(f"{served.address}runs")
    expect(page.locator("#live")).to_have_text("Live")
    page.keyboard.press("j")
    chosen = page.evaluate("document.activeElement.href")
    served.twin.add("succeeded", 0)
    page.locator("#fresh").click()
    expect(page.locator(".run")).to_have_count(4)
    assert page.locator(".run a.open").nth(1).get_attribute("href") == chosen


def test_the_filters_hold_for_what_comes(served: Any, visit: Any) -> None:
    served.twin.add("failed", 1000, error="one")
    page = visit(f"{served.address}runs?state=failed")
    expect(page.locator("#live")).to_have_text("Live")
    served.twin.add("succeeded", 0)
    served.twin.add("failed", 0, error="two")
    expect(page.locator(".run")).to_have_count(2)


def test_the_first_run_takes_the_place_of_the_teaching(served: Any, visit: Any) -> None:
    page = visit(served.address)
    expect(page.locator("#live")).to_have_text("Live")
    served.twin.add("succeeded", 0)
    expect(page.locator("#recent .run")).to_have_count(1)
    expect(page.locator("#recent .plot rect")).to_have_count(1)


def test_a_run_is_seen_from_its_first_node_to_its_end(served: Any, visit: Any) -> None:
    twin = served.twin
    run = twin.add("running", 0)
    page = visit(f"{served.address}runs/{run['id']}")
    expect(page.locator(".box.s-waiting")).to_have_count(7)
    at = samples.now()
    twin.node(run, "read", "running", at)
    expect(page.locator(".box.s-running")).to_have_count(1)
    twin.say(run, "read", "reading order 7")
    expect(page.locator(".logs")).to_contain_text("reading order 7")
    twin.node(run, "read", "ok", at + 20, output={"order": 7})
    expect(page.locator(".box.s-succeeded")).to_have_count(1)
    twin.node(run, "check", "running", at + 21)
    twin.node(run, "check", "retry", at + 40, error="not yet")
    twin.node(run, "check", "running", at + 90)
    twin.node(run, "check", "failed", at + 120, error="nodes/check.py:3 in run: broken")
    twin.end(run, "failed", at + 130, "check: broken")
    expect(page.locator("h1")).to_contain_text("failed")
    expect(page.locator(".failure .place")).to_have_text("nodes/check.py:3")
    expect(page.get_by_role("button", name="Re-run…")).to_be_visible()
    expect(page.get_by_role("link", name="check, failed, 99 ms, 2 attempts, on the critical path")).to_be_visible()
    expect(page.locator("#live")).to_have_text("")


def test_an_output_is_there_when_its_node_has_ended(served: Any, visit: Any) -> None:
    run = served.twin.add("running", 0)
    page = visit(f"{served.address}runs/{run['id']}?node=read&tab=output")
    expect(page.locator(".shown")).to_contain_text("nothing here yet")
    served.twin.node(run, "read", "running", samples.now())
    served.twin.node(run, "read", "ok", samples.now(), output={"found": 41})
    expect(page.locator(".tree")).to_contain_text("found41")


def test_a_lost_connection_is_said_and_comes_back_with_what_was_missed(served: Any, visit: Any) -> None:
    twin = served.twin
    run = twin.add("running", 0)
    page = visit(
        f"{served.address}runs/{run['id']}", fails=("ERR_INCOMPLETE_CHUNKED_ENCODING", "503", "Failed to load")
    )
    expect(page.locator("#live")).to_have_text("Live")
    twin.say(run, "read", "before")
    twin.away = True
    twin.drop()
    expect(page.locator("#live")).to_contain_text("Connection lost")
    twin.say(run, "read", "missed")
    twin.away = False
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator(".logs")).to_contain_text("missed")
    numbers = page.locator(".logs .n").all_text_contents()
    assert numbers == ["1", "2"]


def test_a_stream_that_ends_is_taken_up_where_it_was(served: Any, visit: Any) -> None:
    twin = served.twin
    run = twin.add("running", 0)
    page = visit(f"{served.address}runs/{run['id']}")
    twin.say(run, "read", "before")
    expect(page.locator(".logs")).to_contain_text("before")
    twin.drop()
    twin.say(run, "read", "after")
    expect(page.locator(".logs")).to_contain_text("after")
    assert page.locator(".logs .n").all_text_contents() == ["1", "2"]


def test_what_is_live_moves_nothing(served: Any, visit: Any) -> None:
    run = samples.running(served.twin)
    page = visit(f"{served.address}runs/{run['id']}")
    page.evaluate("""() => {
        window.moved = [];
        const note = list => window.moved.push(...list.getEntries().filter(each => !each.hadRecentInput));
        new PerformanceObserver(note).observe({ type: 'layout-shift', buffered: true });
    }""")
    expect(page.locator(".box.s-running")).to_have_count(1)
    boxes = page.locator(".box").evaluate_all("all => all.map(each => each.getAttribute('transform'))")
    served.twin.node(run, "reserve", "ok", samples.now(), output=1)
    served.twin.say(run, "reserve", "done")
    expect(page.locator(".box.s-succeeded")).to_have_count(3)
    expect(page.locator(".logs")).to_contain_text("done")
    assert page.locator(".box").evaluate_all("all => all.map(each => each.getAttribute('transform'))") == boxes
    assert sum(page.evaluate("window.moved.map(each => each.value)")) < 0.02


def test_a_page_that_nobody_sees_holds_no_connection(served: Any, visit: Any) -> None:
    run = served.twin.add("running", 0)
    page = visit(f"{served.address}runs/{run['id']}")
    expect(page.locator("#live")).to_have_text("Live")
    served.twin.say(run, "read", "seen")
    expect(page.locator(".logs")).to_contain_text("seen")
    seen = """hidden => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(seen, True)
    streams = len([path for path in served.asked if path.endswith("/events")])
    served.twin.drop()
    served.twin.say(run, "read", "meanwhile")
    page.evaluate(seen, False)
    expect(page.locator(".logs")).to_contain_text("meanwhile")
    assert page.locator(".logs .n").all_text_contents() == ["1", "2"]
    assert len([path for path in served.asked if path.endswith("/events")]) == streams + 1
