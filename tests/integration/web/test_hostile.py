"""Whatever nodes, callers and authors put into names, values, errors and lines is shown as text and runs nowhere."""

from typing import Any

import pytest
from playwright.sync_api import expect
from tests.integration.web.twin import Json, Twin

EVIL = (
    "</script></title></textarea><script>window.hit=1</script><img src=x onerror=window.hit=1>\"'`${1}"
    "<svg/onload=window.hit=1>{{7*7}}javascript:window.hit=1"
)
QUIET_WINDOW = "window.hit === undefined && !document.querySelector('[onerror], [onload], img, script:not([src])')"


def hostile() -> tuple[Twin, Json]:
    """Every text that can be is the evil one, names of nodes and fields too."""
    workflow: Json = {
        "name": EVIL,
        "version": EVIL,
        "description": EVIL,
        "triggers": [{"type": EVIL, "schedule": EVIL, EVIL: EVIL}],
        "nodes": [
            {"id": EVIL, "file": EVIL, "language": EVIL, "timeoutMs": 1, "retries": 1, "parents": []},
            {"id": "b", "file": EVIL, "language": EVIL, "timeoutMs": 1, "retries": 1, "parents": [EVIL]},
        ],
        "stages": [[EVIL], ["b"]],
        "inputSchema": {
            "type": "object",
            "title": EVIL,
            "required": [EVIL, "e"],
            "properties": {
                EVIL: {"type": "string", "title": EVIL, "description": EVIL, "default": EVIL},
                "e": {"enum": [EVIL]},
            },
        },
        "layers": {EVIL: EVIL},
        "digest": EVIL,
    }
    twin = Twin(workflow)
    run = twin.add("failed", error=EVIL, trigger=EVIL, rerunOf=EVIL, input={EVIL: EVIL})
    start = run["startedAt"]
    twin.node(run, EVIL, "running", start)
    twin.node(run, EVIL, "failed", start + 5, error=f"{EVIL} nodes/a.py:3", output={EVIL: [EVIL]})
    twin.node(run, "b", "running", start)
    twin.node(run, "b", "ok", start + 5, output={"$large": 5, "href": "javascript:window.hit=1"})
    twin.say(run, EVIL, f"{EVIL}\n{EVIL}", EVIL)
    return twin, run


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "plain"])
def test_no_text_becomes_markup(scripted: bool, serve: Any, visit: Any) -> None:
    twin, run = hostile()
    address = serve(twin).address
    for path in ("", "runs", f"runs/{run['id']}", *(f"runs/{run['id']}?tab={tab}" for tab in ("output", "input"))):
        page = visit(address + path, java_script_enabled=scripted)
        expect(page.locator(".name")).to_have_text(EVIL)
        if scripted:
            expect(page.locator(".box, .runs .run").first).to_be_visible()
            assert page.evaluate(QUIET_WINDOW)
        assert page.locator("body img, body script").count() == 0


def test_nothing_runs_in_what_is_drawn_later(serve: Any, visit: Any) -> None:
    twin, run = hostile()
    page = visit(serve(twin).address)
    page.locator(".box").first.click()
    expect(page.locator("#node h2")).to_have_text(EVIL)
    page.get_by_role("button", name="Run…").click()
    expect(page.locator("dialog .about")).to_have_text(EVIL)
    assert page.evaluate(QUIET_WINDOW)
    page.goto(page.url.split("?")[0] + f"runs/{run['id']}")
    expect(page.locator(".box")).to_have_count(2)
    page.keyboard.press("j")
    for tab in ("Attempts", "Output", "Input"):
        page.locator(".tabs").get_by_role("link", name=tab).click()
        expect(page.locator("#inspector h2")).to_contain_text("window.hit")
        assert page.evaluate(QUIET_WINDOW)
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_contain_text("window.hit")
    assert page.evaluate(QUIET_WINDOW)


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "plain"])
def test_an_address_in_a_value_that_is_no_address_does_nothing(scripted: bool, serve: Any, visit: Any) -> None:
    twin, run = hostile()
    page = visit(f"{serve(twin).address}runs/{run['id']}?node=b&tab=output", java_script_enabled=scripted)
    expect(page.locator(".shown")).to_contain_text("window.hit=1")
    assert page.locator("a[href^='javascript']").count() == 0


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("document.body.innerHTML = '<b>'", "refused"),
        ("eval('1')", "refused"),
        ("new Function('')", "refused"),
        ("document.createElement('script').src = 'https://example.org/x.js'", "refused"),
        ("document.createElement('b').title = 'x'", "done"),
    ],
)
def test_the_policy_refuses_what_would_run(code: str, answer: str, serve: Any, twin: Twin, visit: Any) -> None:
    page = visit(serve(twin).address, fails=("Trusted", "Content Security Policy"))
    tried = f"try {{ {code}; done('done') }} catch {{ done('refused') }}"
    later = f"() => new Promise(done => setTimeout(() => {{ {tried} }}))"  # what is evaluated at once may do anything
    assert page.evaluate(later) == answer


def test_nothing_can_be_sent_elsewhere(serve: Any, twin: Twin, visit: Any) -> None:
    other = serve(Twin(twin.workflow))
    page = visit(serve(twin).address, fails=("Content Security Policy", other.address))
    assert (
        page.evaluate("url => fetch(url, { mode: 'no-cors' }).then(() => 'sent', () => 'refused')", other.address)
        == "refused"
    )
    assert other.asked == []
