"""The whole workflow with mocks, and both with the real surroundings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.runtime.settings import Settings
from pipedreamer.sandbox.connects import ClosedGateway
from pipedreamer.testing.suite import NOT_COMPARED, Live

SOURCE = "def run(ctx, input):\n    return {'n': input.get('n', 0)}\n"
DOUBLE = "def run(ctx, input):\n    return input['n'] * 2\n"


@asynccontextmanager
async def counting_server() -> AsyncIterator[tuple[str, list[bytes]]]:
    """An HTTP server on loopback, and the requests that reached it."""
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n[42]")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", received


def live_with(config: dict[str, Any], secrets: dict[str, Any]) -> Live:
    return Live(Settings(config, secrets), HttpBroker(lambda: secrets), ClosedGateway())


async def test_a_workflow_without_fixtures_of_its_own_runs_with_an_empty_input(
    write_tested: Any, run_tests: Any
) -> None:
    folder = write_tested({"a": SOURCE, "b": DOUBLE}, {}, edges=[("a", "b")])
    (outcome,) = await run_tests(folder, whole=True)
    assert (outcome.node, outcome.fixture, outcome.status) == ("pipeline", "no fixtures", "ok")


async def test_the_outputs_that_a_pipeline_fixture_names_are_compared(write_tested: Any, run_tests: Any) -> None:
    fixtures = {
        "pipeline-good": {"input": {"n": 2}, "expected": {"b": 4}},
        "pipeline-wrong": {"expected": {"a": 1, "b": 1}},
    }
    folder = write_tested({"a": SOURCE, "b": DOUBLE}, fixtures, edges=[("a", "b")])
    good, wrong = await run_tests(folder, whole=True)
    assert good.status == "ok"
    assert wrong.reasons == ('outputs.a: expected 1, got {"n":0}', "outputs.b: expected 1, got 0")


async def test_the_mocks_and_the_retries_of_the_workflow_hold_for_the_whole(write_tested: Any, run_tests: Any) -> None:
    source = """
        async def run(ctx, input):
            answer = await ctx.fetch("github", "/user")
            if not answer.ok:
                raise RuntimeError(answer.status)
            return [ctx.attempt, await answer.json(), ctx.config["key"]]
    """
    fixture = {
        "fetch": {"github /user": [{"status": 500}, {"json": "Ada"}]},
        "config": {"key": 1},
        "expected": {"a": [2, "Ada", 1]},
    }
    folder = write_tested({"a": source}, {"pipeline": fixture}, extra="config: {retries: 1}\n")
    (outcome,) = await run_tests(folder, whole=True)
    assert outcome.reasons == ()
    assert outcome.asked == ("GET github /user -> 500", "GET github /user -> 200")


async def test_the_timeout_of_the_workflow_holds_for_the_whole(write_tested: Any, run_tests: Any) -> None:
    source = "import time\n\ndef run(ctx, input):\n    time.sleep(60)\n"
    (outcome,) = await run_tests(write_tested({"a": source}, {}, extra="config: {timeout: 150ms}\n"), whole=True)
    assert outcome.reasons == ('Node "a" timed out after 150ms',)


async def test_a_node_that_fails_fails_the_whole_and_is_named(write_tested: Any, run_tests: Any) -> None:
    folder = write_tested(
        {"a": SOURCE, "b": "def run(ctx, input):\n    raise ValueError('no')\n"}, {}, edges=[("a", "b")]
    )
    (outcome,) = await run_tests(folder, whole=True)
    assert outcome.reasons == ('Node "b" failed: ValueError: no (nodes/b.py:2)',)


async def test_an_input_that_post_run_would_refuse_fails(write_tested: Any, run_tests: Any) -> None:
    schema = "input: {type: object, required: [n]}\n"
    fixtures = {"pipeline-bad": {}, "pipeline-good": {"input": {"n": 1}}}
    bad, good = await run_tests(write_tested({"a": SOURCE}, fixtures, extra=schema), whole=True)
    assert good.status == "ok"
    assert 'the input does not fit the workflow\'s schema: input: "n" is a required property' in bad.reasons[0]


async def test_live_nodes_get_real_secrets_config_and_network(write_tested: Any, run_tests: Any) -> None:
    source = """
        async def run(ctx, input):
            answer = await ctx.fetch("local", ctx.config["url"])
            return [await answer.json(), sorted(ctx.secrets)]
    """
    async with counting_server() as (url, received):
        live = live_with({"url": url}, {"local": {"token": "real-token"}})
        folder = write_tested({"a": source}, {"a": {"expected": [[42], ["local"]]}})
        (outcome,) = await run_tests(folder, "a", live=live)
    assert outcome.reasons == ()
    assert b"Authorization: Bearer real-token" in received[0]


async def test_live_mocks_are_left_out_and_what_depends_on_them_is_not_compared(
    write_tested: Any, run_tests: Any
) -> None:
    source = "async def run(ctx, input):\n    return await (await ctx.fetch('local', ctx.config['url'])).json()\n"
    async with counting_server() as (url, received):
        live = live_with({"url": url}, {})
        fixture = {"fetch": {"*": {"json": "mocked"}}, "config": {"url": "https://mocked/"}, "expected": "mocked"}
        folder = write_tested({"a": source}, {"a": fixture})
        (outcome,) = await run_tests(folder, "a", live=live)
    assert (outcome.status, outcome.note, len(received)) == ("ok", NOT_COMPARED, 1)


async def test_live_secrets_are_hidden(write_tested: Any, run_tests: Any) -> None:
    source = "def run(ctx, input):\n    print(ctx.secrets)\n    raise ValueError(ctx.secrets['s']['token'])\n"
    (outcome,) = await run_tests(
        write_tested({"a": source}, {"a": {}}), live=live_with({}, {"s": {"token": "real-token"}})
    )
    assert outcome.status == "failed"
    assert "real-token" not in str(outcome.document())


@pytest.mark.parametrize("whole", [True, False])
async def test_live_nodes_are_retried_as_the_workflow_says(write_tested: Any, run_tests: Any, whole: bool) -> None:
    source = "def run(ctx, input):\n    assert ctx.attempt == 2\n"
    folder = write_tested({"a": source}, {"a": {}}, extra="config: {retries: 1}\n")
    (outcome,) = await run_tests(folder, whole=whole, live=live_with({}, {}))
    assert outcome.status == "ok"
