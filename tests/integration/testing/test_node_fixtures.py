"""Nodes on their fixtures, in real worker processes."""

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.project.modules import resolved
from pipedreamer.project.modules.imports import scan
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.testing.opening import open_subject
from pipedreamer.testing.suite import Suite
from pipedreamer.testing.trials import node_trials, pipeline_trials

ECHO = "def run(ctx, input):\n    return input\n"


async def test_an_output_that_is_expected_passes_whatever_the_order_of_its_keys(run_one: Any) -> None:
    source = "async def run(ctx, input):\n    return {'b': [1.0, True], 'a': input}\n"
    outcome = await run_one(source, {"input": {"x": 1}, "expected": {"a": {"x": 1}, "b": [1, True]}})
    assert (outcome.status, outcome.reasons) == ("ok", ())


async def test_another_output_fails_and_shows_where_it_differs(run_one: Any) -> None:
    outcome = await run_one(ECHO, {"input": {"items": ["a"]}, "expected": {"items": ["b"]}})
    assert (outcome.status, outcome.reasons) == ("failed", ('output.items[0]: expected "b", got "a"',))


async def test_without_expected_a_node_must_only_not_raise(run_one: Any) -> None:
    assert (await run_one(ECHO, {"input": [1]})).status == "ok"


async def test_null_that_is_expected_is_compared(run_one: Any) -> None:
    assert (await run_one("def run(ctx, input):\n    pass\n", {"expected": None})).status == "ok"
    outcome = await run_one(ECHO, {"input": 1, "expected": None})
    assert outcome.reasons == ("output: expected null, got 1",)


async def test_true_is_not_1(run_one: Any) -> None:
    assert (await run_one(ECHO, {"input": True, "expected": 1})).reasons == ("output: expected 1, got true",)


async def test_a_node_that_raises_fails_with_its_message_place_and_log(run_one: Any) -> None:
    source = """
        def run(ctx, input):
            ctx.log.warn("about to", {"n": 1})
            raise ValueError("no such user")
    """
    outcome = await run_one(source, {})
    assert outcome.status == "failed"
    assert outcome.reasons == ('Node "a" failed: ValueError: no such user (nodes/a.py:4)',)
    assert outcome.log[0] == '[a] WARN about to {"n":1}'


async def test_an_output_that_is_no_json_fails(run_one: Any) -> None:
    (reason,) = (await run_one("def run(ctx, input):\n    return {'a': {1}}\n", {})).reasons
    assert "not JSON" in reason


async def test_config_lies_over_the_workflow_s_own_and_secrets_are_the_fixture_s_alone(
    run_one: Any, write_tested: Any, run_tests: Any
) -> None:
    source = "def run(ctx, input):\n    return [ctx.config, ctx.secrets]\n"
    fixture = {
        "config": {"url": "https://mock"},
        "secrets": {"s": {"k": "v"}},
        "expected": [{"url": "https://mock", "size": 3, "timeout": "5s"}, {"s": {"k": "v"}}],
    }
    folder = write_tested({"a": source}, {"a": fixture}, extra="config: {url: https://real, size: 3, timeout: 5s}\n")
    (folder / ".secrets.yaml").write_text("real: {token: real-secret}\n")
    (outcome,) = await run_tests(folder)
    assert outcome.reasons == ()


async def test_fetches_are_answered_by_the_fixture_or_by_the_mock(run_one: Any) -> None:
    source = """
        async def run(ctx, input):
            mine = await ctx.fetch("github", "/user", headers={"x": "y"})
            other = await ctx.fetch("slack", "/api/chat", json={"text": "hi"})
            return [mine.status, mine.headers["etag"], await mine.json(), other.status, await other.json()]
    """
    mock = {"mock": True, "service": "slack", "path": "/api/chat"}
    answer = {"status": 404, "json": {"message": "gone"}, "headers": {"ETag": "e"}}
    fixture = {"fetch": {"github /user": answer}, "expected": [404, "e", {"message": "gone"}, 200, mock]}
    outcome = await run_one(source, fixture)
    assert outcome.reasons == ()
    assert outcome.asked == (
        "GET github /user -> 404",
        'POST slack /api/chat {"text":"hi"} -> 200 (the mock\'s own answer: the fixture has none for it)',
    )


async def test_a_failure_of_the_network_reaches_the_node_as_a_fetch_error(run_one: Any) -> None:
    source = """
        from pipedreamer import FetchError

        async def run(ctx, input):
            try:
                await ctx.fetch("github", "/user")
            except FetchError as error:
                return str(error)
    """
    fixture = {"fetch": {"github": {"error": "timed out"}}, "expected": "GET https://api.github.com/user: timed out"}
    assert (await run_one(source, fixture)).reasons == ()


async def test_an_answer_that_nobody_asked_for_is_told(run_one: Any) -> None:
    outcome = await run_one(ECHO, {"fetch": {"github /user": 1}, "expected": 0})
    assert outcome.asked == ("never asked for: github /user",)


async def test_files_answer_reads_on_import_and_in_the_node_under_relative_and_absolute_names(run_one: Any) -> None:
    source = """
        from pathlib import Path

        TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token").read_text()

        def run(ctx, input):
            beside = Path(__file__).parent.parent / "data.csv"
            return [TOKEN, open("data.csv").read(), beside.read_text(), beside.exists()]
    """
    files = {"/var/run/secrets/kubernetes.io/serviceaccount/token": "tkn", "data.csv": "a,b"}
    assert (await run_one(source, {"files": files, "expected": ["tkn", "a,b", "a,b", True]})).reasons == ()


async def test_a_file_of_one_fixture_is_not_there_for_the_next(write_tested: Any, run_tests: Any) -> None:
    source = "from pathlib import Path\n\ndef run(ctx, input):\n    return Path('/nowhere/x').exists()\n"
    fixtures = {"a-1": {"files": {"/nowhere/x": ""}, "expected": True}, "a-2": {"expected": False}}
    assert [outcome.reasons for outcome in await run_tests(write_tested({"a": source}, fixtures))] == [(), ()]


async def test_the_cluster_is_answered_by_the_fixture(run_one: Any) -> None:
    source = """
        async def run(ctx, input):
            nodes = await ctx.k8s.get("/api/v1/nodes?limit=2")
            return len(nodes["items"])
    """
    fixture = {"k8s": {"/api/v1/nodes": {"items": [1, 2]}}, "expected": 2}
    outcome = await run_one(source, fixture)
    assert (outcome.reasons, outcome.asked) == ((), ("GET /api/v1/nodes?limit=2 -> 200",))
    (reason,) = (await run_one(source, {})).reasons
    assert "no answer for this path of the cluster" in reason


async def test_nothing_that_one_test_leaves_behind_reaches_the_next(write_tested: Any, run_tests: Any) -> None:
    source = "seen = []\n\ndef run(ctx, input):\n    seen.append(input)\n    return seen\n"
    fixtures = {f"a-{number}": {"input": number, "expected": [number]} for number in range(3)}
    assert [outcome.reasons for outcome in await run_tests(write_tested({"a": source}, fixtures))] == [(), (), ()]


async def test_the_run_s_id_is_the_same_each_time(run_one: Any) -> None:
    source = "def run(ctx, input):\n    return [ctx.run_id, ctx.attempt, ctx.node]\n"
    assert (await run_one(source, {"expected": ["test", 1, "a"]})).reasons == ()


async def test_a_retry_does_not_hide_a_failure_of_a_node(run_one: Any) -> None:
    source = "def run(ctx, input):\n    assert ctx.attempt > 1\n"
    outcome = await run_one(source, {}, extra="config: {retries: 3}\n")
    assert outcome.status == "failed"
    assert len([line for line in outcome.log if "AssertionError" in line]) == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def run(ctx, input):\n    while True:\n        pass\n", 'Node "a" timed out after 200ms'),
        (
            "import os\n\ndef run(ctx, input):\n    os._exit(3)\n",
            'Node "a" lost its worker process, which exited with code 3',
        ),
        ("import nothing_there\n\ndef run(ctx, input): ...\n", "No module named 'nothing_there'"),
        ("raise SystemExit(1)\n\ndef run(ctx, input): ...\n", "SystemExit: 1"),
        ("import os\nos._exit(4)\n\ndef run(ctx, input): ...\n", "exited with code 4 while it loaded the nodes"),
        ("def run(ctx, input:\n", "syntax error"),
    ],
)
async def test_a_node_that_cannot_go_on_fails_its_tests_and_the_rest_goes_on(
    write_tested: Any, run_tests: Any, source: str, reason: str
) -> None:
    nodes = {"a": source, "b": ECHO}
    fixtures = {"a-1": {}, "a-2": {}, "b": {"input": 1, "expected": 1}}
    folder = write_tested(nodes, fixtures, extra="config: {timeout: 200ms}\n")
    outcomes = await run_tests(folder)
    assert [(outcome.node, outcome.passed) for outcome in outcomes] == [("a", False), ("a", False), ("b", True)]
    assert reason in outcomes[0].reasons[0]
    assert reason in outcomes[1].reasons[0]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("export default function run() { return (; }", "nodes/b.ts:1:41: error: syntax error: "),
        ("import './nowhere.ts';\nexport default () => 1;", "nodes/nowhere.ts, which does not exist"),
        ("import 'npm:a@1';\nexport default () => 1;", "is not locked: there is no deno.lock"),
        ("throw new Error('no');\nexport default () => 1;", 'Node "b": Error: no (nodes/b.ts:1)'),
    ],
)
async def test_a_typescript_node_that_cannot_be_loaded_fails_its_tests_and_the_rest_goes_on(
    write_tested: Any, run_tests: Any, source: str, reason: str
) -> None:
    nodes = {"a.ts": "export default (_: unknown, input: number) => input;", "b.ts": source}
    outcomes = await run_tests(write_tested(nodes, {"a": {"input": 1, "expected": 1}, "b": {}}))
    assert [outcome.passed for outcome in outcomes] == [True, False]
    assert reason in outcomes[1].reasons[0]


async def test_deno_is_asked_once_what_the_nodes_of_a_suite_import(
    write_tested: Any, run_tests: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def noted(root: Path, *more: Any) -> Any:
        asked.append(root)
        return scan(root, *more)

    monkeypatch.setattr(resolved, "scan", noted)
    nodes = {"a.ts": "export default () => 1;", "b.ts": "export default () => 2;"}
    folder = write_tested(nodes, {"a-1": {}, "a-2": {}, "b": {}})
    assert [outcome.passed for outcome in await run_tests(folder)] == [True] * 3
    assert asked == [folder]


async def test_a_typescript_node_of_an_old_folder_does_not_hide_the_others(write_tested: Any, run_tests: Any) -> None:
    folder = write_tested({"a": ECHO, "b": ECHO}, {"a": {"input": 1, "expected": 1}})
    (folder / "nodes" / "b.py").unlink()
    (folder / "nodes" / "b.ts").write_text("export default async function (ctx, input) { return input; }\n")
    spec = folder / "workflow.yaml"
    spec.write_text(spec.read_text().replace("b.py", "b.ts"))
    assert [outcome.passed for outcome in await run_tests(folder)] == [True, True]


async def test_a_typescript_node_asks_the_cluster_by_its_own_fetch_and_gets_the_fixtures_answers(
    write_tested: Any, run_tests: Any
) -> None:
    source = """
        const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
        const API = "https://kubernetes.default.svc";
        export default async function run(_: unknown, input: { elsewhere: string }) {
          const token = (await Deno.readTextFile(`${ACCOUNT}/token`)).trim();
          const client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(`${ACCOUNT}/ca.crt`)] });
          const headers = { Authorization: `Bearer ${token}` };
          const response = await fetch(`${API}/api/v1/nodes?limit=5`, { client, headers });
          const { items } = await response.json();
          return [items.length, await (await fetch(input.elsewhere)).text()];
        }
    """
    fixture = {
        "input": {"elsewhere": "https://example.com/x"},
        "files": {
            "/var/run/secrets/kubernetes.io/serviceaccount/token": "a-token\n",
            "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt": "a certificate",
        },
        "fetch": {"https://example.com/x": {"body": "hello"}},
        "k8s": {"/api/v1/nodes": {"items": [1, 2]}},
        "expected": [2, "hello"],
    }
    (outcome,) = await run_tests(write_tested({"a.ts": source}, {"a": fixture}))
    assert (outcome.status, outcome.reasons) == ("ok", ())


async def test_secrets_are_hidden_in_everything_that_is_told(run_one: Any) -> None:
    source = """
        async def run(ctx, input):
            token = ctx.secrets["slack"]["token"]
            print("printed", token)
            await ctx.fetch("slack", f"/{token}", json={"token": token})
            if input:
                raise ValueError(token)
            return {token: token}
    """
    for value in (0, 1):
        fixture = {"input": value, "secrets": {"slack": {"token": "xoxb-123456"}}, "expected": "xoxb-123456!"}
        outcome = await run_one(source, fixture)
        assert outcome.status == "failed"
        assert "xoxb" not in str(outcome.document())
        assert "***" in outcome.log[0]
        assert "***" in outcome.asked[0]


async def test_a_fixture_s_secrets_go_where_the_permissions_let_them(run_one: Any) -> None:
    source = """
        async def run(ctx, input):
            print(input)
            for service in ("github", "slack", "stripe"):
                await ctx.fetch(service, "/")
            return sorted(ctx.secrets)
    """
    secrets = {name: {"token": f"token-of-{name}"} for name in ("github", "slack", "stripe")}
    fixture = {"input": "token-of-github token-of-stripe", "secrets": secrets, "expected": ["slack"]}
    outcome = await run_one(source, fixture, extra="permissions: {net: any, secrets: [slack], inject: [github]}")
    assert outcome.reasons == ()
    assert outcome.log == ("[a] INFO *** ***",)


UNDECLARED = (
    "ctx.fetch('hooks'): hooks.example.com:443 is not declared: add \"hooks.example.com:443\" to permissions.net"
)
FETCHING = """
    async def run(ctx, input):
        await ctx.fetch("hooks", "https://hooks.example.com/x")
"""


async def test_a_host_that_is_not_declared_is_refused_though_the_fixture_answers(run_one: Any) -> None:
    fixture = {"fetch": {"https://hooks.example.com/*": {"ok": True}}}
    outcome = await run_one(FETCHING, fixture, extra='permissions: {net: ["api.example.com:443"]}')
    assert outcome.status == "failed"
    assert UNDECLARED in outcome.reasons[0]
    declared = await run_one(FETCHING, fixture, extra='permissions: {net: ["*.example.com:443"]}')
    assert declared.status == "ok"


async def test_the_refusal_is_the_one_of_production(write_workflow: Any, start_session: Any) -> None:
    folder = write_workflow({"a": FETCHING}, extra='permissions: {net: ["api.example.com:443"]}')
    allowed = open_subject(folder).project.workflow.permissions
    bench = await start_session(folder, broker=HttpBroker(dict, permissions=lambda: allowed))
    assert UNDECLARED in (await bench.run()).errors["a"]


async def test_what_a_node_writes_and_returns_without_end_is_bounded(run_one: Any) -> None:
    source = """
        def run(ctx, input):
            for number in range(4_000):
                ctx.log.info("line", number)
            return ["x" * 1000] * 1000
    """
    outcome = await run_one(source, {"expected": []})
    assert len(outcome.log) == 1000
    assert outcome.log[-1] == "[a] INFO line 3999"
    assert len(str(outcome.reasons)) < 10_000
    assert outcome.reasons[-1] == "and 980 more differences"


async def test_what_a_module_prints_when_it_is_loaded_is_in_the_log(run_one: Any) -> None:
    outcome = await run_one("print('loading')\nraise ValueError('no')\n\ndef run(ctx, input): ...\n", {})
    assert outcome.log == ("[workflow] INFO loading",)
    assert "ValueError: no" in outcome.reasons[0]


async def test_nodes_find_the_packages_of_their_workflow(write_tested: Any, tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    site.mkdir()
    (site / "a_package.py").write_text("VALUE = 42\n")
    folder = write_tested(
        {"a": "import a_package\n\ndef run(ctx, input):\n    return a_package.VALUE\n"}, {"a": {"expected": 42}}
    )
    subject = open_subject(folder)
    for trials in (node_trials(subject), pipeline_trials(subject)):
        async with aclosing(Suite(subject=subject, site=site).run(trials)) as outcomes:
            assert [outcome.reasons async for outcome in outcomes] == [()]


async def test_an_input_that_does_not_fit_the_node_s_type_fails(run_one: Any) -> None:
    source = """
        from dataclasses import dataclass

        @dataclass
        class Person:
            name: str

        def run(ctx, input: Person):
            return input.name
    """
    assert (await run_one(source, {"input": {"name": "Ada"}, "expected": "Ada"})).status == "ok"
    (reason,) = (await run_one(source, {"input": {"name": 1}})).reasons
    assert "name" in reason
