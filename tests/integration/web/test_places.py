"""The three places as a person meets them: what is there, and that the address says what is shown."""

import re
from typing import Any

from playwright.sync_api import expect
from tests.integration.web import samples
from tests.integration.web.twin import Twin, plan


def test_the_workflow_shows_its_graph_and_the_node_that_is_chosen(served: Any, visit: Any) -> None:
    page = visit(served.address)
    boxes = page.locator(".box")
    expect(boxes).to_have_count(7)
    page.locator(".box", has_text="invoice").click()
    expect(page.locator("#node")).to_contain_text("nodes/invoice.py")
    assert page.url.endswith("?node=invoice")
    page.go_back()
    expect(page.locator("#node")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#node")).to_contain_text("prices, reserve")
    page.reload()
    expect(page.locator("#node")).to_contain_text("nodes/invoice.py")


def test_an_edge_goes_from_parent_to_child(serve: Any, visit: Any) -> None:
    page = visit(serve(Twin(plan(("first", "second")))).address)
    expect(page.locator(".box")).to_have_count(2)
    first, second = (page.locator(f".box[data-id={name}]").bounding_box() for name in ("first", "second"))
    edge = page.locator(".edge").bounding_box()
    assert first["x"] + first["width"] <= edge["x"] + 8  # the head of its arrow is in the box
    assert edge["x"] + edge["width"] <= second["x"] + 8


def test_an_empty_engine_teaches_how_to_begin(served: Any, visit: Any) -> None:
    page = visit(served.address)
    expect(page.locator("#recent")).to_contain_text("No run yet")
    expect(page.locator("#curl")).to_contain_text(f"{served.address}run")
    page.goto(f"{served.address}runs")
    expect(page.locator(".code")).to_contain_text(f"{served.address}run")
    page.goto(f"{served.address}runs?state=failed")
    expect(page.locator(".empty")).to_contain_text("No run fits")


def test_filters_are_in_the_address_and_stay_when_paging(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 200)
    page = visit(f"{served.address}runs")
    expect(page.locator(".run")).to_have_count(50)
    page.locator("select[name=state]").select_option("succeeded")
    page.wait_for_url("**/runs?state=succeeded")
    page.get_by_role("link", name="Older").click()
    page.wait_for_url(re.compile(r"state=succeeded&before="))
    expect(page.locator("select[name=state]")).to_have_value("succeeded")
    states = page.locator(".run .word").all_text_contents()
    assert len(states) == 50
    assert set(states) == {"succeeded"}
    page.get_by_role("link", name="Newest").click()
    page.wait_for_url("**/runs?state=succeeded")


def test_the_list_is_filtered_by_text_version_and_times(served: Any, visit: Any) -> None:
    samples.crowd(served.twin, 30)
    page = visit(f"{served.address}runs")
    page.locator("#search").fill("no shelf")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs?text=no+shelf")
    expect(page.locator(".run")).to_have_count(3)
    page.get_by_text("Between…").click()
    page.locator("#from").fill("2026-01-01T09:00:00")
    page.locator("#to").fill("2026-01-01T10:00:01")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("until="))
    assert "since=1767225600000&until=1767229201000" in page.url  # nine hours before, in Tokyo
    expect(page.locator("#from")).to_have_value("2026-01-01T09:00")


def test_a_run_is_shown_with_its_error_and_the_node_to_look_at(served: Any, visit: Any) -> None:
    run = samples.failed(served.twin)
    page = visit(f"{served.address}runs/{run['id']}")
    expect(page).to_have_title(re.compile("^failed · run"))
    failure = page.locator(".failure")
    expect(failure.locator(".place").first).to_have_text("nodes/reserve.py:31")
    failure.get_by_role("link", name="reserve").click()
    expect(page.locator("#inspector h2")).to_contain_text("reserve failed")
    expect(page.locator(".logs li").first).to_be_visible()
    assert {text for text in page.locator(".logs .by").all_text_contents() if text} == {"reserve"}
    page.get_by_role("link", name="Attempts", exact=True).click()
    expect(page.locator(".attempts li")).to_have_count(3)


def test_a_node_is_told_what_it_was_given(served: Any, visit: Any) -> None:
    run = samples.succeeded(served.twin)
    address = f"{served.address}runs/{run['id']}"
    page = visit(f"{address}?node=invoice&tab=input")
    keys = page.locator(".tree .key")
    expect(keys.first).to_be_visible()
    assert keys.all_text_contents() == ["prices", "total", "currency", "reserve", "shelf", "until"]
    page.goto(f"{address}?node=check&tab=output")
    expect(page.locator(".tree")).to_have_text("true")
    page.goto(f"{address}?node=warehouse&tab=output")
    expect(page.locator(".tree")).to_have_text("null")
    page.goto(f"{address}?tab=input")
    expect(page.locator(".tree")).to_contain_text("order7")


def test_the_timeline_tells_waits_attempts_and_the_critical_path(served: Any, visit: Any) -> None:
    run = samples.succeeded(served.twin)
    page = visit(f"{served.address}runs/{run['id']}")
    row = page.get_by_role("link", name="prices, succeeded, 1.3 s, 2 attempts, on the critical path")
    expect(row).to_be_visible()
    kinds = row.locator("rect").evaluate_all("all => all.map(each => each.getAttribute('class'))")
    assert kinds == ["b-wait", "b-retry", "b-wait", "b-ok", "b-critical"]
    names = page.locator(".row a").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    assert [name.partition(",")[0] for name in names if "critical" in name] == ["read", "prices", "invoice", "mail"]


def test_a_run_of_another_workflow_than_that_of_now_says_so(served: Any, visit: Any) -> None:
    run = samples.succeeded(served.twin)
    run["nodes"].append(served.twin.waiting("gone"))
    page = visit(f"{served.address}runs/{run['id']}?node=gone")
    expect(page.locator(".stale")).to_be_visible()
    expect(page.locator("#inspector h2")).to_contain_text("gone")


def test_what_is_not_there_is_said_on_a_page(served: Any, visit: Any) -> None:
    page = visit(f"{served.address}runs/none", fails=("404",))
    expect(page.locator("h1")).to_have_text("404")
    page.get_by_role("link", name="All runs").click()
    expect(page.locator("h1")).to_have_text("Runs")


def test_everything_works_below_a_prefix(serve: Any, twin: Twin, visit: Any) -> None:
    served = serve(twin, "/api/v1/namespaces/a/services/orders:80/proxy/")
    run = samples.failed(twin)
    page = visit(served.address)
    expect(page.locator(".box")).to_have_count(7)
    expect(page.locator("#live")).to_have_text("Live")
    page.locator(".run a.open").first.click()
    expect(page.locator(".box.s-failed")).to_have_count(1)
    assert page.url == f"{served.address}runs/{run['id']}"
    page.get_by_role("link", name="Runs", exact=True).click()
    page.locator(".run a.open").first.click()
    page.get_by_role("link", name="Workflow").click()
    expect(page.locator(".run")).to_have_count(1)
    assert all(path.startswith("/api/v1/namespaces/a/services/orders:80/proxy/") for path in served.asked)


def test_times_are_the_readers_and_exact_on_hover(served: Any, visit: Any) -> None:
    run = served.twin.add()
    run["acceptedAt"] = run["startedAt"] = 1_767_225_600_123
    page = visit(f"{served.address}runs")
    moment = page.locator(".run time")
    expect(moment).to_have_attribute("title", "2026-01-01 09:00:00.123 here\n2026-01-01 00:00:00.123 UTC")
    expect(moment).to_have_text("2026-01-01")


def test_a_value_is_copied(served: Any, visit: Any) -> None:
    run = samples.succeeded(served.twin)
    page = visit(
        f"{served.address}runs/{run['id']}?node=check&tab=output", permissions=["clipboard-read", "clipboard-write"]
    )
    page.get_by_role("button", name="Copy the output").click()
    expect(page.locator("#said")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "true"
    page.get_by_role("button", name="Copy the run's id").click()
    page.wait_for_function("async id => await navigator.clipboard.readText() === id", arg=run["id"])
