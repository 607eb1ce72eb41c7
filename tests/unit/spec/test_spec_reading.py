"""A right file becomes a `Workflow`; a wrong one becomes problems; any value can be found again in the text."""

import pytest

from pipedreamer import spec
from pipedreamer.errors import SpecError
from pipedreamer.spec import Destination, Edge, Node, Permissions, Trigger, Workflow, load, read

FULL = """\
# a comment
name: github-digest
version: 1.10
description: >
  Sends a
  digest.
triggers:
  - type: cron
    name: daily
    schedule: "0 9 * * 1-5"
    timezone: Europe/Berlin
  - type: queue
    subject: events.github.>
  - {type: webhook, path: /github}
  - type: manual
nodes:
  fetch:
    path: ./nodes//fetch.ts
    timeout: 1m30s
    capabilities: {github: reads, versions: 1.10}
  "on":
    path: nodes/report.py
    retries: 0
    rerun_interrupted: false
edges:
  - from: fetch
    to: on
config:
  timeout: 5s
  retries: 2
  nats_url: nats://nats:4222
  endpoints: [{url: http://a, every: 12:30}]
input:
  type: object
  properties: {repo: {type: string}}
permissions:
  net: ["API.github.com", "*.example.com:8443"]
  read: [/etc/ssl//certs/]
  env: [TZ]
  memory: 512Mi
  inject: [github]
deployment:
  env: {VERSION: 1.10, DEBUG: true}
  replicas: 2
"""

FIRST_GENERATION = """\
name: github-digest
version: "1.0"
triggers:
  - type: manual
nodes:
  fetch-repos:
    path: ./nodes/fetch-repos.ts
  summarize:
    path: ./nodes/summarize.ts
  notify:
    path: ./nodes/notify.ts
edges:
  - from: fetch-repos
    to: summarize
  - from: summarize
    to: notify
"""


def test_everything_a_file_says_is_in_the_model() -> None:
    assert load(FULL) == Workflow(
        name="github-digest",
        version="1.10",
        description="Sends a digest.\n",
        triggers=(
            Trigger(type="cron", name="daily", schedule="0 9 * * 1-5", timezone="Europe/Berlin"),
            Trigger(type="queue", subject="events.github.>"),
            Trigger(type="webhook", path="/github"),
            Trigger(type="manual"),
        ),
        nodes={
            "fetch": Node(
                id="fetch",
                path="nodes/fetch.ts",
                timeout_ms=90_000,
                retries=2,
                capabilities={"github": "reads", "versions": "1.10"},
            ),
            "on": Node(id="on", path="nodes/report.py", timeout_ms=5000, retries=0, rerun_interrupted=False),
        },
        edges=(Edge("fetch", "on"),),
        config={
            "timeout": "5s",
            "retries": 2,
            "nats_url": "nats://nats:4222",
            "endpoints": [{"url": "http://a", "every": "12:30"}],
        },
        input={"type": "object", "properties": {"repo": {"type": "string"}}},
        permissions=Permissions(
            net=(Destination("api.github.com", 443), Destination("*.example.com", 8443)),
            read=("/etc/ssl/certs",),
            env=("TZ",),
            memory=512 * 1024 * 1024,
            inject=("github",),
            declared=True,
        ),
        deployment={"env": {"VERSION": "1.10", "DEBUG": "true"}, "replicas": 2},
    )


def test_a_file_of_the_first_generation_is_read_without_a_word() -> None:
    reading = read(FIRST_GENERATION.encode())
    assert reading.problems == ()
    assert reading.workflow is not None
    assert list(reading.workflow.nodes) == ["fetch-repos", "summarize", "notify"]


def test_a_node_gets_thirty_seconds_no_retries_and_a_rerun_by_default() -> None:
    workflow = load("name: a\nversion: 1.0\ntriggers: [{type: manual}]\nnodes: {a: {path: a.py}}\n")
    assert workflow.nodes["a"] == Node(id="a", path="a.py", timeout_ms=30_000, retries=0, rerun_interrupted=True)
    assert (workflow.config, workflow.input, workflow.deployment) == ({}, None, None)
    assert workflow.permissions == Permissions()


def test_a_node_may_rerun_where_the_config_says_that_none_does() -> None:
    text = "name: a\nversion: 1.0\ntriggers: [{type: manual}]\nconfig: {rerun_interrupted: false}\nnodes:\n"
    workflow = load(f"{text}  a: {{path: a.py}}\n  b: {{path: b.py, rerun_interrupted: true}}\n")
    assert [node.rerun_interrupted for node in workflow.nodes.values()] == [False, True]


@pytest.mark.parametrize(
    ("written", "value"), [("true", True), ("false", False), ("./a.json", "a.json"), ("{}", {}), ("~", None)]
)
def test_an_input_schema_is_inline_or_a_path(written: str, value: object) -> None:
    text = "name: a\nversion: 1.0\ntriggers: [{type: manual}]\nnodes: {a: {path: a.py}}\n"
    assert load(f"{text}input: {written}\n").input == value


def test_a_value_left_empty_counts_as_absent_where_that_is_harmless() -> None:
    text = "name: a\nversion: 1.0\ntriggers: [{type: manual, name: }]\nnodes: {a: {path: a.py, timeout: }}\n"
    workflow = load(f"{text}description:\nedges:\nconfig: {{retries: }}\ninput:\ndeployment:\n")
    assert workflow.nodes["a"].timeout_ms == 30_000
    assert workflow.nodes["a"].retries == 0
    assert workflow.triggers == (Trigger(type="manual"),)


def test_warnings_alone_do_not_stop_a_workflow() -> None:
    reading = read(FIRST_GENERATION + "owner: ada\n")
    assert [problem.severity for problem in reading.problems] == ["warning"]
    assert reading.workflow == load(FIRST_GENERATION)


def test_load_raises_all_problems_in_one_error_warnings_included() -> None:
    with pytest.raises(SpecError) as raised:
        load(
            "name: A\nversion: 1.0\ntriggers: [{type: manual}]\nnodes: {a: {path: a.py}}\nowner: ada\n",
            "my/workflow.yaml",
        )
    assert [problem.severity for problem in raised.value.problems] == ["error", "warning"]
    assert str(raised.value).startswith("my/workflow.yaml:1:7: error: name must be lowercase letters")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (2, 7)),
        (("nodes", "fetch", "path"), (18, 11)),
        (("nodes", "fetch"), (18, 5)),
        (("nodes", "on", "retries"), (23, 14)),
        (("triggers", 1, "subject"), (13, 14)),
        (("edges", 0, "to"), (27, 9)),
        (("config", "endpoints", 0, "url"), (32, 21)),
        (("nodes", "fetch", "nothing"), (18, 5)),
        (("nodes", "nothing", "path"), (17, 3)),
        (("triggers", 9), (8, 3)),
        (("triggers", -1), (8, 3)),
        (("name", "deeper"), (2, 7)),
        (("nothing",), (2, 1)),
        ((), (2, 1)),
    ],
)
def test_locate_gives_the_place_of_a_value_or_of_the_nearest_one_above(
    path: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    assert read(FULL).locate(*path) == place


def test_locate_works_on_a_file_with_errors_and_points_to_the_start_of_one_that_is_no_yaml() -> None:
    assert read("name: A\nnodes: {a: {path: x}}\n").locate("nodes", "a", "path") == (2, 19)
    assert read("a: [").locate("nodes", "a") == (1, 1)


def test_the_texts_of_a_list_can_be_had_as_they_are_written_also_where_there_are_errors() -> None:
    reading = read("permissions: {read: [/a//, 1.10, [x], ~], net: any}\nnodes: [a]\n")
    assert reading.workflow is None
    assert reading.texts("permissions", "read") == ("/a//", "1.10", "", "~")
    assert reading.texts("permissions", "net") == reading.texts("permissions", "write") == ()
    assert read("a: [").texts("a") == ()


def test_the_names_that_other_rooms_may_use() -> None:
    assert spec.__all__ == [
        "Destination",
        "Edge",
        "Node",
        "Permissions",
        "Reading",
        "SchemaFault",
        "Trigger",
        "TriggerType",
        "Workflow",
        "json_schema",
        "load",
        "parse_duration",
        "read",
        "read_value",
        "schema_faults",
        "widened",
    ]
