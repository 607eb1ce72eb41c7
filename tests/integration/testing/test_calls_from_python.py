"""Running nodes and workflows from people's own test code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipedreamer.errors import FixtureError, NodeLoadError, ProjectError, UsageError
from pipedreamer.testing import run_node, run_node_async, run_workflow, run_workflow_async

WriteWorkflow = Callable[..., Path]

GREET = """
    async def run(ctx, input):
        ctx.log.info("greeting", input["name"], ctx.secrets.get("s", {}).get("token"))
        answer = await ctx.fetch("people", f"/{input['name']}", json={"hello": True})
        return {"greeting": f"Hello, {(await answer.json())['full']}!", "data": open("data.txt").read(), **ctx.config}
"""
FAIL = "def run(ctx, input):\n    print('so far')\n    raise ValueError('no such user')\n"


def test_a_node_runs_with_what_is_given(write_workflow: WriteWorkflow) -> None:
    run = run_node(
        str(write_workflow({"greet": GREET})),
        "greet",
        {"name": "ada"},
        config={"key": 1},
        secrets={"s": {"token": "secret-token"}},
        fetch={"people /ada": {"full": "Ada Lovelace"}},
        files={"data.txt": "1,2"},
    )
    assert run.success
    assert run.output == {"greeting": "Hello, Ada Lovelace!", "data": "1,2", "key": 1}
    assert [(line.node, line.level, line.message) for line in run.logs] == [("greet", "info", "greeting ada ***")]
    (request,) = run.requests
    assert (request.method, request.url, request.json()) == ("POST", "https://api.people.com/ada", {"hello": True})


def test_the_cluster_is_mocked_too(write_workflow: WriteWorkflow) -> None:
    source = "async def run(ctx, input):\n    return await ctx.k8s.get('/api/v1/nodes')\n"
    assert run_node(write_workflow({"a": source}), "a", k8s={"/api/v1/nodes": {"items": []}}).output == {"items": []}


def test_a_node_that_fails_is_a_result_and_its_output_an_assertion(write_workflow: WriteWorkflow) -> None:
    run = run_node(write_workflow({"a": FAIL}), "a")
    assert not run.success
    assert run.error == "ValueError: no such user (nodes/a.py:3)"
    with pytest.raises(AssertionError, match=r"no such user(.|\n)*\[a\] INFO so far"):
        _ = run.output


def test_a_workflow_runs_whole(write_workflow: WriteWorkflow) -> None:
    folder = write_workflow({"a": "def run(ctx, input):\n    return input + 1\n", "b": FAIL}, [("a", "b")])
    run = run_workflow(folder, 1)
    assert (run.success, run.outputs) == (False, {"a": 2})
    assert run.errors == {"b": "ValueError: no such user (nodes/b.py:3)"}
    assert run.output("a") == 2
    with pytest.raises(AssertionError, match='Node "b" failed: ValueError: no such user'):
        run.output("b")


def test_a_workflow_is_retried_as_it_says(write_workflow: WriteWorkflow) -> None:
    source = "async def run(ctx, input):\n    assert (await ctx.fetch('s', '/')).ok\n    return ctx.attempt\n"
    folder = write_workflow({"a": source}, extra="config: {retries: 1}\n")
    run = run_workflow(folder, fetch={"s": [{"status": 503}, {"status": 200}]})
    assert (run.output("a"), [request.status for request in run.requests]) == (2, [503, 200])


def test_the_input_of_a_workflow_must_fit_its_schema(write_workflow: WriteWorkflow) -> None:
    folder = write_workflow({"a": FAIL}, extra="input: {type: string}\n")
    with pytest.raises(UsageError, match="does not fit the workflow's schema"):
        run_workflow(folder, 1)


def test_what_cannot_be_run_is_an_error(write_workflow: WriteWorkflow, tmp_path: Path) -> None:
    folder = write_workflow({"fetch": "import nothing_there\n\ndef run(ctx, input): ...\n", "b": "def run(:\n"})
    with pytest.raises(UsageError, match='did you mean "fetch"'):
        run_node(folder, "fetsh")
    with pytest.raises(NodeLoadError, match="nothing_there"):
        run_node(folder, "fetch")
    with pytest.raises(NodeLoadError, match="syntax error"):
        run_node(folder, "b")
    with pytest.raises(ProjectError, match="syntax error"):
        run_workflow(folder)
    with pytest.raises(ProjectError):
        run_node(tmp_path / "missing", "a")


def test_mocks_that_make_no_sense_are_an_error(write_workflow: WriteWorkflow) -> None:
    folder = write_workflow({"a": FAIL})
    with pytest.raises(FixtureError, match="names no service"):
        run_node(folder, "a", fetch={"/user": 1})
    with pytest.raises(FixtureError, match="the input cannot be written as JSON"):
        run_node(folder, "a", object())


async def test_under_an_event_loop_there_are_calls_to_await(write_workflow: WriteWorkflow) -> None:
    folder = write_workflow({"a": "def run(ctx, input):\n    return input\n"})
    assert (await run_node_async(folder, "a", [1])).output == [1]
    assert (await run_workflow_async(folder, [1])).output("a") == [1]
    with pytest.raises(RuntimeError, match=r"await run_node_async\(\.\.\.\)"):
        run_node(folder, "a")
