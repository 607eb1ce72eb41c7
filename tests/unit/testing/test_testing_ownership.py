"""Which node a fixture belongs to."""

import pytest

from pipedreamer.testing.ownership import orphan_message, owner_of

IDS = ("fetch", "fetch-user", "fetch_all", "report")


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("fetch.json", "fetch"),
        ("fetch.empty.json", "fetch"),
        ("fetch-empty.json", "fetch"),
        ("fetch_empty.json", "fetch"),
        ("fetch-user.json", "fetch-user"),
        ("fetch-user-404.json", "fetch-user"),
        ("fetch_all.first.json", "fetch_all"),
        ("fetch-users.json", "fetch"),
        ("report-fetch.json", "report"),
        ("fetching.json", None),
        ("reports.json", None),
        (".json", None),
        ("pipeline.json", "pipeline"),
        ("pipeline-empty.json", "pipeline"),
    ],
)
def test_the_longest_id_that_is_the_name_up_to_a_separator_owns_it(name: str, owner: str | None) -> None:
    assert owner_of(name, IDS) == owner


def test_a_node_whose_id_begins_with_pipeline_owns_its_own() -> None:
    assert owner_of("pipeline-x-1.json", (*IDS, "pipeline-x")) == "pipeline-x"


@pytest.mark.parametrize(
    ("name", "near"), [("fetchh.json", "fetch"), ("fetsh-empty.json", "fetch"), ("reporter.404.json", "report")]
)
def test_a_fixture_of_no_node_is_told_with_the_nearest_id(name: str, near: str) -> None:
    assert f'did you mean "{near}"?' in orphan_message(name, IDS)


def test_where_no_id_is_near_all_are_listed() -> None:
    assert "the nodes are fetch, fetch-user, fetch_all, report" in orphan_message("zzzzzz.json", IDS)
