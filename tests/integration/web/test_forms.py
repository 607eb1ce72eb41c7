"""Starting a run: a form out of the input schema, or raw JSON."""

import json
from typing import Any

from playwright.sync_api import expect
from tests.integration.web.twin import Twin, plan


def test_a_form_sends_what_the_schema_says(served: Any, visit: Any) -> None:
    page = visit(served.address)
    page.get_by_role("button", name="Run…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("order")).to_be_focused()
    dialog.get_by_label("order").fill("12")
    dialog.get_by_label("name").fill("Ada <ada@example.org>")
    dialog.get_by_label("urgent").check()
    dialog.get_by_label("route").select_option("sea")
    dialog.get_by_role("button", name="Add labels").click()
    for number, text in enumerate(("red", "wrong", "green"), 1):
        dialog.get_by_role("button", name="Add one").click()
        dialog.get_by_label(str(number), exact=True).fill(text)
    dialog.get_by_role("button", name="Remove labels 2").click()
    dialog.get_by_label("more").fill('{"any": [1.5, null]}')
    dialog.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/runs/0*")
    assert served.twin.posted == [
        (
            "run",
            {
                "order": 12,
                "customer": {"name": "Ada <ada@example.org>"},
                "urgent": True,
                "route": "sea",
                "labels": ["red", "green"],
                "more": {"any": [1.5, None]},
            },
        )
    ]


def test_form_and_json_are_two_views_of_one_value(served: Any, visit: Any) -> None:
    page = visit(served.address)
    page.get_by_role("button", name="Run…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("order").fill("5")
    dialog.get_by_role("button", name="JSON").click()
    text = dialog.get_by_label("JSON")
    assert json.loads(text.input_value()) == {"order": 5, "customer": {"name": ""}, "urgent": False, "route": "road"}
    text.fill('{"order": 6, "customer": {"name": "Bo"}}')
    dialog.get_by_role("button", name="Form").click()
    expect(dialog.get_by_label("order")).to_have_value("6")
    expect(dialog.get_by_label("name")).to_have_value("Bo")


def test_what_is_not_json_is_not_sent(serve: Any, visit: Any) -> None:
    served = serve(Twin(plan(("a", "b"))))
    page = visit(served.address)
    page.get_by_role("button", name="Run…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("JSON").fill('{"a": ')
    dialog.get_by_role("button", name="Run", exact=True).click()
    assert "not JSON" in dialog.get_by_label("JSON").evaluate("field => field.validationMessage")
    dialog.get_by_label("JSON").fill("[1]")
    dialog.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/runs/0*")
    assert served.twin.posted == [("run", [1])]


def test_a_refusal_is_told_at_its_field(served: Any, visit: Any) -> None:
    problems = [{"path": "/customer/name", "message": "is too short"}, {"path": "/order", "message": "is taken"}]
    served.twin.refusals = [(422, {"error": "the input does not fit", "problems": problems})]
    page = visit(served.address, fails=("422",))
    page.get_by_role("button", name="Run…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog.locator("label", has=page.get_by_text("name")).locator(".trouble")).to_have_text("is too short")
    expect(dialog.locator("p.trouble")).to_have_text("the input does not fit")
    dialog.get_by_label("name").fill("Ada")
    expect(dialog.locator("label .trouble")).to_have_count(0)
    dialog.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/runs/0*")


def test_a_schema_that_refers_to_itself_ends(serve: Any, visit: Any) -> None:
    tree = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "next": {"$ref": "#"}}}
    served = serve(Twin(plan(("a", "b")) | {"inputSchema": tree}))
    page = visit(served.address)
    page.get_by_role("button", name="Run…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("name").fill("one")
    dialog.get_by_role("button", name="Add next").click()
    dialog.get_by_label("name").nth(1).fill("two")
    dialog.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/runs/0*")
    assert served.twin.posted == [("run", {"name": "one", "next": {"name": "two"}})]
