"""What each route takes, and that a route without a rule is closed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.engine.access.rules import needed
from pipedreamer.engine.entrance import ROUTES

PART = st.text("abcdefghijklmnopqrstuvwxyz-.", min_size=1, max_size=8)
FIRST = {"health", "ready", "static", "login", "logout", "workflow", "metrics", "openapi", "runs", "run"}


@given(st.lists(PART, min_size=1, max_size=4), st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "X"]))
def test_a_path_that_nobody_thought_of_is_for_admin_alone(parts: list[str], method: str) -> None:
    path = "/" + "/".join(parts)
    if parts[0].removesuffix(".json") not in FIRST:
        assert needed(method, path) == "admin"
    assert needed(method, f"/runs/{'/'.join(parts)}/new/new/new/new") == "admin"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/runs", "/runs/1", "/runs/1/logs", "/metrics", "/workflow", "/runs/1/nodes/a"])
def test_what_only_reads_has_no_rule_for_writing(method: str, path: str) -> None:
    assert needed(method, path) == "admin"


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_has_a_rule_for_each_of_its_methods(path: str) -> None:
    assert [method for method in ROUTES[path] or ("GET", "PUT") if needed(method, path) == "admin"] == []


def test_reading_never_needs_less_for_head() -> None:
    for path in (*ROUTES, "/runs", "/runs/1", "/runs/1/events"):
        assert needed("HEAD", path) == needed("GET", path)
