"""`pipedreamer test`."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Write = Callable[..., Path]
ECHO = "def run(ctx, input):\n    print('seen', input)\n    return input\n"
ADD = "def run(ctx, input):\n    return input['n'] + 1\n"


@pytest.fixture
def flow(person: Any, tmp_path: Path) -> Write:
    """`flow({"a": source}, {"a-1": fixture}, edges, more_yaml)` -> the folder `flow` where the person stands."""

    def write(nodes: dict[str, str], fixtures: dict[str, Any], edges: str = "[]", more: str = "") -> Path:
        folder: Path = person.folder / "flow"
        for path in ("nodes", "tests/fixtures"):
            (folder / path).mkdir(parents=True, exist_ok=True)
        for name, source in nodes.items():
            (folder / "nodes" / f"{name}.py").write_text(source)
        for name, fixture in fixtures.items():
            (folder / "tests" / "fixtures" / f"{name}.json").write_text(json.dumps(fixture))
        listed = "".join(f"  {name}: {{path: nodes/{name}.py}}\n" for name in nodes)
        head = "name: flow\nversion: '1.0'\ntriggers: [{type: manual}]\n"
        (folder / "workflow.yaml").write_text(f"{head}nodes:\n{listed}edges: {edges}\n{more}")
        return folder

    return write


@pytest.fixture
def server() -> Iterator[tuple[str, list[str | None]]]:
    """An HTTP server on loopback, and the `Authorization` of each request."""
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"42")

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/", seen
        listening.shutdown()
        thread.join()


def test_what_init_makes_passes(person: Any) -> None:
    person.run("init", "my-flow")
    done = person.run("test", "my-flow")
    assert (done.returncode, done.stderr) == (0, "")
    first, last = done.stdout.splitlines()
    assert first.startswith("ok    hello  hello.json ")
    assert last == "1/1 tests passed"


def test_a_failure_shows_the_difference_and_the_log_and_the_exit_code_is_1(person: Any, flow: Write) -> None:
    flow({"a": ECHO, "b": ECHO}, {"a": {"input": {"n": 1}, "expected": {"n": 2}}})
    done = person.run("test", "flow")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("FAIL  a  a.json ")
    assert lines[1:4] == ["      output.n: expected 2, got 1", "      log:", "        [a] INFO seen {'n': 1}"]
    assert lines[4:] == ["ok    b  no fixtures", "1/2 tests passed"]


def test_what_passing_nodes_wrote_is_shown_with_verbose_alone(person: Any, flow: Write) -> None:
    flow({"a": ECHO}, {"a": {"input": 1}})
    assert "seen 1" not in person.run("test", "flow").stdout
    assert "[a] INFO seen 1" in person.run("test", "flow", "--verbose").stdout


@pytest.mark.parametrize(("target", "inside"), [("flow/b", False), ("./flow/b", False), ("b", True), ("./b", True)])
def test_the_last_part_of_the_path_chooses_a_node(person: Any, flow: Write, target: str, inside: bool) -> None:
    folder = flow({"a": ECHO, "b": ECHO}, {"a": {"expected": 1}, "b": {}})
    done = person.run("test", target, folder=folder if inside else None)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "1/1 tests passed"


def test_a_folder_that_exists_wins_over_a_node(person: Any, flow: Write) -> None:
    folder = flow({"nodes": ECHO}, {})
    done = person.run("test", "nodes", folder=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("nodes/workflow.yaml: error: ")


def test_an_unknown_node_fails_with_the_nearest_name(person: Any, flow: Write) -> None:
    flow({"fetch": ECHO}, {})
    done = person.run("test", "flow/fetsh")
    assert done.returncode == 1
    assert 'there is no node "fetsh" in flow (did you mean "fetch"?)' in done.stdout
    assert done.stdout.splitlines()[-1] == "0/1 tests passed"


def test_a_folder_that_is_not_there_is_wrong_use(person: Any, flow: Write) -> None:
    flow({"a": ECHO}, {})
    done = person.run("test", "flw")
    assert done.returncode == 2
    assert "did you mean flow?" in done.stderr
    assert person.run("test", "flw/a").returncode == 2


def test_a_workflow_yaml_that_is_wrong_is_told_as_validate_tells_it(person: Any, flow: Write) -> None:
    flow({"a": ECHO}, {}, more="config: {timeout: soon}\n")
    done = person.run("test", "flow")
    assert done.returncode == 1
    assert done.stderr == person.run("validate", "flow").stderr


def test_json_is_one_document(person: Any, flow: Write) -> None:
    flow({"a": ECHO, "b": ECHO}, {"a-good": {}, "a-wrong": {"expected": 1}})
    done = person.run("test", "flow", "-o", "json")
    assert (done.returncode, done.stderr) == (1, "")
    document = json.loads(done.stdout)
    assert (document["ok"], document["mode"], document["passed"], document["total"]) == (False, "nodes", 2, 3)
    tests = [(test["node"], test["fixture"], test["status"], test["reasons"]) for test in document["tests"]]
    assert tests == [
        ("a", "a-good.json", "ok", []),
        ("a", "a-wrong.json", "failed", ["output: expected 1, got {}"]),
        ("b", "no fixtures", "no fixtures", []),
    ]


def test_junit_is_written_whatever_nodes_print_and_into_a_new_folder(person: Any, flow: Write) -> None:
    odd = "def run(ctx, input):\n    print('\\x1b[31m\\x00<&]]>\\ud800')\n    raise ValueError('\\x07<b>')\n"
    flow({"a": odd, "b": ECHO}, {"a": {}, "b": {}})
    done = person.run("test", "flow", "--junit", "reports/junit.xml")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    root = ET.parse(person.folder / "reports" / "junit.xml").getroot()  # noqa: S314 - it is our own
    assert [(case.get("classname"), case.get("name")) for case in root.iter("testcase")] == [
        ("flow.a", "a.json"),
        ("flow.b", "b.json"),
    ]
    (failure,) = root.iter("failure")
    assert failure.get("message") == 'Node "a" failed: ValueError: \\x07<b> (nodes/a.py:3)'


def test_junit_that_cannot_be_written_is_one_line(person: Any, flow: Write) -> None:
    flow({"a": ECHO}, {})
    done = person.run("test", "flow", "--junit", "/dev/null/x.xml")
    assert done.returncode == 1
    assert done.stderr == "error: /dev/null/x.xml cannot be written: File exists; a part of its path is a file\n"


def test_the_whole_workflow_runs_with_mocks(person: Any, flow: Write) -> None:
    fixtures = {"pipeline": {"input": {"n": 1}, "expected": {"b": 3}}}
    flow({"a": ADD, "b": "def run(ctx, input):\n    return input + 1\n"}, fixtures, "[{from: a, to: b}]")
    done = person.run("test", "flow", "--pipeline")
    assert done.returncode == 0
    first, last = done.stdout.splitlines()
    assert first.startswith("ok    pipeline  pipeline.json ")
    assert last == "1/1 tests passed"


def test_the_whole_workflow_does_not_run_with_a_broken_node(person: Any, flow: Write) -> None:
    flow({"a": ADD, "b": "def run(ctx, input:\n"}, {"a": {"input": {"n": 1}, "expected": 2}})
    done = person.run("test", "flow", "--pipeline")
    assert done.returncode == 1
    assert done.stderr.startswith("flow/nodes/b.py:1:")
    assert person.run("test", "flow").stdout.splitlines()[-1] == "1/2 tests passed"


def test_live_without_a_node_runs_the_whole_workflow_with_real_surroundings(
    person: Any, flow: Write, server: tuple[str, list[str | None]]
) -> None:
    url, seen = server
    source = "async def run(ctx, input):\n    return await (await ctx.fetch('local', ctx.config['url'])).json()\n"
    folder = flow({"a": source}, {"pipeline": {"expected": {"a": 42}}}, more=f"config: {{url: '{url}'}}\n")
    (folder / ".secrets.yaml").write_text("local: {token: from-folder}\n")
    (person.folder / "other.yaml").write_text("local: {token: from-option}\n")
    for options in ([], ["--secrets", "other.yaml"]):
        done = person.run("test", "flow", "--live", *options)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("ok    pipeline  pipeline.json ")
    assert seen == ["Bearer from-folder", "Bearer from-option"]


def test_live_with_a_node_runs_its_fixtures(person: Any, flow: Write) -> None:
    fixture = {"secrets": {"s": {"token": "mocked-secret"}}, "expected": ["s"]}
    folder = flow({"a": "def run(ctx, input):\n    return sorted(ctx.secrets)\n", "b": ECHO}, {"a": fixture})
    (folder / ".secrets.yaml").write_text("real: {token: real-secret}\n")
    done = person.run("test", "flow/a", "--live", "-o", "json")
    document = json.loads(done.stdout)
    assert (document["ok"], document["mode"], document["total"]) == (True, "live nodes", 1)
    assert document["tests"][0]["note"] == "what is expected depends on mocks: not compared"


def test_real_secrets_are_hidden_in_what_live_prints(person: Any, flow: Write) -> None:
    folder = flow({"a": "def run(ctx, input):\n    raise ValueError(ctx.secrets['s']['token'])\n"}, {"a": {}})
    (folder / ".secrets.yaml").write_text("s: {token: real-secret}\n")
    done = person.run("test", "flow/a", "--live", "--junit", "junit.xml")
    assert done.returncode == 1
    assert "***" in done.stdout
    assert "real-secret" not in done.stdout + done.stderr + (person.folder / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("flow/a", "--pipeline"), "--pipeline runs the whole workflow"),
        (("flow", "--secrets", "x"), "--secrets and --config are for --live"),
        (("flow", "--config", "x"), "--secrets and --config are for --live"),
        (("flow", "--lve"), "--live"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_use(
    person: Any, flow: Write, words: tuple[str, ...], message: str
) -> None:
    flow({"a": ECHO}, {})
    done = person.run("test", *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_marks_are_coloured_where_a_person_asks_for_it(person: Any, flow: Write) -> None:
    flow({"a": ECHO}, {})
    assert "\x1b[32mok" in person.run("test", "flow", env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b" not in person.run("test", "flow").stdout


def test_hundreds_of_fixtures_are_no_trouble(person: Any, flow: Write) -> None:
    flow({"a": ECHO}, {f"a-{number}": {"input": number, "expected": number} for number in range(300)})
    assert person.run("test", "flow").stdout.splitlines()[-1] == "300/300 tests passed"
