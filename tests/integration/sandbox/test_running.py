"""How a plan runs (contract: running)."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pydantic
import pytest

from pipedreamer.errors import EngineBusyError, NodeLoadError
from pipedreamer.project import open_project
from pipedreamer.runtime.assembly import assemble
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.settings import Settings

ECHO = "async def run(ctx, input): return input"
TRACE = """\
KeyError: 2 (nodes/n.py:8)
  nodes/n.py:8 in run: raise KeyError(ctx.attempt) from error
  caused by JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1) (nodes/n.py:3)
  nodes/n.py:6 in run: parse("{")
  nodes/n.py:3 in parse: return json.loads(text)"""


async def test_a_root_gets_the_triggers_input_one_parent_is_passed_on_several_are_keyed(
    write_workflow: Any, start_session: Any
) -> None:
    folder = write_workflow(
        {
            "root": ECHO,
            "left": "def run(ctx, input): return [input]",
            "right": "def run(ctx, input): return 2",
            "join": ECHO,
        },
        [("root", "left"), ("root", "right"), ("left", "join"), ("right", "join")],
    )
    result = await (await start_session(folder)).run({"n": 1})
    assert result.output("root") == {"n": 1}
    assert result.output("join") == {"left": [{"n": 1}], "right": 2}
    assert next(iter(result.outputs)) == "root"
    assert list(result.outputs)[-1] == "join"


async def test_a_node_changes_only_its_own_copy(write_workflow: Any, start_session: Any) -> None:
    change = """
        async def run(ctx, input):
            input["list"].append("changed")
            ctx.config["key"] = ctx.secrets["s"] = "changed"
            return [ctx.config["key"], input["list"]]
    """
    look = """
        import asyncio
        async def run(ctx, input):
            await asyncio.sleep(0.1)
            return [ctx.config["key"], ctx.secrets["s"], input["list"]]
    """
    folder = write_workflow({"root": ECHO, "a": change, "b": look}, [("root", "a"), ("root", "b")])
    bench = await start_session(folder, settings=Settings(config={"key": "kept"}, secrets={"s": "kept"}))
    result = await bench.run({"list": []})
    assert result.output("a") == ["changed", ["changed"]]
    assert result.output("b") == ["kept", "kept", []]


async def test_a_node_never_starts_while_one_of_an_earlier_stage_may_still_fail(
    write_workflow: Any, start_session: Any
) -> None:
    slow = "import asyncio\nasync def run(ctx, input):\n    await asyncio.sleep(0.2)\n    raise ValueError('no')"
    folder = write_workflow({"fast": ECHO, "slow": slow, "after-fast": ECHO}, [("fast", "after-fast")])
    result = await (await start_session(folder)).run()
    assert set(result.outputs) == {"fast"}
    assert set(result.errors) == {"slow"}


async def test_what_has_started_finishes_after_a_failure_and_its_output_is_kept(
    write_workflow: Any, start_session: Any
) -> None:
    slow = "import asyncio\nasync def run(ctx, input):\n    await asyncio.sleep(0.3)\n    return 'kept'"
    fails = "async def run(ctx, input): raise ValueError('no')"
    folder = write_workflow({"slow": slow, "fails": fails, "never": ECHO}, [("slow", "never"), ("fails", "never")])
    result = await (await start_session(folder)).run()
    assert result.outputs == {"slow": b'"kept"'}
    assert result.errors == {"fails": "ValueError: no (nodes/fails.py:1)"}
    assert set(result.node_timings) == {"slow", "fails"}


async def test_a_waiting_retry_is_given_up_once_another_node_has_failed_for_good(
    write_workflow: Any, start_session: Any
) -> None:
    tries = "async def run(ctx, input): raise ValueError(ctx.attempt)"
    fails = "import asyncio\nasync def run(ctx, input):\n    await asyncio.sleep(0.05)\n    raise ValueError('now')"
    folder = write_workflow({"tries": tries, "fails": fails})
    text = (folder / "workflow.yaml").read_text()
    (folder / "workflow.yaml").write_text(text.replace("tries.py}", "tries.py, retries: 9}"))
    began = time.monotonic()
    result = await (await start_session(folder)).run()
    assert set(result.errors) == {"tries", "fails"}
    assert time.monotonic() - began < 10  # nine retries alone would wait for 51 s


async def test_retries_wait_longer_each_time_and_the_last_error_is_told(
    write_workflow: Any, start_session: Any
) -> None:
    node = "def run(ctx, input): raise KeyError(ctx.attempt)"
    result = await (await start_session(write_workflow({"n": node}, extra="config: {retries: 2}\n"))).run()
    assert result.errors == {"n": "KeyError: 3 (nodes/n.py:1)"}
    timing = result.node_timings["n"]
    assert timing.completed_at - timing.started_at >= 299


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("{'a': [1, {2, 3}]}", "output.a[1] is a set"),
        ("{'when': __import__('datetime').datetime(2020, 1, 1)}", "output.when is a datetime"),
        ("[float('nan')]", "output[0] is nan"),
        ("{1: 2}", "output has the key 1, a int"),
        ("2**70", "output is an integer beyond 64 bits"),
        ("b'x'", "output is a bytes"),
        ("object()", "output is a object"),
        ("'\\ud800'", "output holds half of a character"),
    ],
)
async def test_a_value_that_is_not_json_is_an_error_with_its_path(
    expression: str, place: str, write_workflow: Any, start_session: Any
) -> None:
    result = await (await start_session(write_workflow({"n": f"def run(ctx, input): return {expression}"}))).run()
    assert place in result.errors["n"]


async def test_a_value_that_contains_itself_is_an_error(write_workflow: Any, start_session: Any) -> None:
    node = "def run(ctx, input):\n    x = []\n    x.append(x)\n    return x"
    result = await (await start_session(write_workflow({"n": node}))).run()
    assert "nests deeper" in result.errors["n"]


@pytest.mark.parametrize("definition", ["@dataclass\nclass In:", "class In(TypedDict):", "class In(msgspec.Struct):",
                                        "class In(pydantic.BaseModel):"])  # fmt: skip
async def test_an_annotated_input_is_validated_and_what_does_not_fit_names_the_field(
    definition: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"""\
from dataclasses import dataclass
from typing import TypedDict
import msgspec
{"import pydantic" if "pydantic" in definition else ""}
{definition}
    name: str
    ages: list[int]

async def run(ctx, input: In) -> object:
    return type(input).__name__
"""
    site = Path(pydantic.__file__).parent.parent if "pydantic" in definition else None
    bench = await start_session(write_workflow({"n": node}), site=site)
    good = await bench.run({"name": "Ada", "ages": [36]})
    assert good.output("n") == ("dict" if "Typed" in definition else "In")
    bad = await bench.run({"name": "Ada", "ages": [36, "x"]})
    assert "input.ages" in bad.errors["n"]
    assert "1" in bad.errors["n"] or "..." in bad.errors["n"]


async def test_helpers_beside_the_nodes_are_importable_and_do_not_collide(
    write_workflow: Any, start_session: Any
) -> None:
    node = """
        import helpers
        from .near import SIDE
        from lib.deep import DEPTH
        def run(ctx, input): return [helpers.NAME, SIDE, DEPTH]
    """
    answers = []
    for name in ("one", "two"):
        files = {
            "nodes/helpers.py": f"NAME = {name!r}",
            "nodes/near.py": "SIDE = 'near'",
            "lib/__init__.py": "",
            "lib/deep.py": "DEPTH = 2",
        }
        bench = await start_session(write_workflow({"n": node}, files=files, name=name))
        answers.append((await bench.run()).output("n"))
    assert answers == [["one", "near", 2], ["two", "near", 2]]


async def test_nothing_of_the_engine_is_in_a_worker(write_workflow: Any, start_session: Any) -> None:
    node = """
        import os, sys
        def run(ctx, input):
            seen = []
            for name in ("pipedreamer.engine", "pipedreamer.runtime", "pipedreamer.spec", "uvicorn", "httpx", "yaml"):
                try:
                    __import__(name)
                    seen.append(name)
                except ImportError:
                    pass
            from pipedreamer import Context
            return {"imports": seen, "env": dict(os.environ), "proc": os.path.exists("/proc/self"), "cwd": os.getcwd()}
    """
    folder = write_workflow({"n": node})
    result = await (await start_session(folder)).run()
    assert result.output("n") == {"imports": [], "env": {}, "proc": False, "cwd": str(folder)}


async def test_log_lines_and_prints_carry_run_node_and_attempt(write_workflow: Any, start_session: Any) -> None:
    node = """
        import sys
        def run(ctx, input):
            ctx.log.warn("look", {"a": [1, None]}, "text", 2.5)
            print("printed", end="")
            print("oops", file=sys.stderr)
            ctx.log.info("token is", ctx.secrets["api"]["token"])
    """
    settings = Settings(config={}, secrets={"api": {"token": "hunter2-hunter2"}})
    bench = await start_session(write_workflow({"n": node}), settings=settings)
    result = await bench.run()
    assert [(line.level, line.node, line.message, line.attempt) for line in bench.lines] == [
        ("warn", "n", 'look {"a":[1,null]} text 2.5', 1),
        ("warn", "n", "oops", 1),
        ("info", "n", "token is ***", 1),
        ("info", "n", "printed", 1),
    ]
    assert {line.run_id for line in bench.lines} == {result.run_id}


async def test_past_the_limit_a_run_is_refused_and_the_others_finish(write_workflow: Any, start_session: Any) -> None:
    node = "import asyncio\nasync def run(ctx, input): await asyncio.sleep(0.3)"
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=1, running=2, waiting=2))
    running = [asyncio.ensure_future(bench.run()) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(EngineBusyError, match="4 runs are under way"):
        await bench.run()
    assert [result.success for result in await asyncio.gather(*running)] == [True] * 4


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_like_it\ndef run(ctx, input): pass", "nodes/n.py:1: ModuleNotFoundError: No module named"),
        ("raise SystemExit(4)\ndef run(ctx, input): pass", "nodes/n.py:1: SystemExit: 4"),
        ("import os\nos._exit(4)\ndef run(ctx, input): pass", "exited with code 4 while it loaded the nodes"),
        ("async def run(ctx, input: 'Missing'): pass", "annotation 'Missing' of `input` cannot be resolved"),
        ("async def run(ctx, input):\n    yield 1", "uses `yield`"),
        ("raise ValueError('\\ud800')\ndef run(ctx, input): pass", "nodes/n.py:1: ValueError: ?"),
        ("raise ValueError(200_000_000 * 'x')\ndef run(ctx, input): pass", "nodes/n.py:1: ValueError: xxx"),
    ],
)
async def test_code_that_cannot_be_loaded_is_a_clear_error(
    source: str, message: str, write_workflow: Any, start_session: Any
) -> None:
    with pytest.raises(NodeLoadError, match=r".") as caught:
        await start_session(write_workflow({"n": source}))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("deed", "hint"),
    [
        ("ctx.secrets['api']", "it must name 'api' too"),
        ("ctx.secrets.copy()['api']", ""),
        ("os.environ['TZ']", "permissions.env names: add 'TZ' to it"),
        ("{}['TZ']", ""),
        ("sqlite3.connect('/var/lib/data.db')", "what permissions.write names"),
        ("Path('/tmp/x').touch() or Path('/tmp/x').chmod(0o4755)", "no special modes"),
        ("os.mkfifo('/tmp/x')", "no named pipes"),
    ],
)
async def test_an_error_that_a_permission_would_mend_says_which(
    deed: str, hint: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"import os, sqlite3\nfrom pathlib import Path\ndef run(ctx, input):\n    {deed}\n"
    error = (await (await start_session(write_workflow({"n": node}))).run()).errors["n"]
    assert hint in error
    assert ("[" in error.replace("[Errno", "")) == bool(hint)


async def test_a_variable_that_is_missing_on_import_has_the_hint_too(write_workflow: Any, start_session: Any) -> None:
    with pytest.raises(NodeLoadError, match="names: add 'TZ' to it"):
        await start_session(write_workflow({"n": "import os\nos.environ['TZ']\ndef run(ctx, input): pass"}))


async def test_secrets_are_a_dict_whatever_is_done_with_them(write_workflow: Any, start_session: Any) -> None:
    node = """\
        import copy, json, pickle
        import orjson
        def run(ctx, input):
            secrets = ctx.secrets
            same = [copy.copy(secrets), copy.deepcopy(secrets), pickle.loads(pickle.dumps(secrets)), {**secrets}]
            same += [json.loads(json.dumps(secrets)), orjson.loads(orjson.dumps(secrets)), secrets.copy(), secrets | {}]
            return [isinstance(secrets, dict), secrets.get("b"), [one == secrets for one in same], secrets]
    """
    bench = await start_session(write_workflow({"n": node}), settings=Settings(config={}, secrets={"a": {"b": 1}}))
    assert (await bench.run()).output("n") == [True, None, [True] * 8, {"a": {"b": 1}}]


async def test_pth_files_of_a_packages_folder_are_not_processed(write_workflow: Any, start_session: Any) -> None:
    node = "import sys\ndef run(ctx, input): return 'injected' in sys.modules"
    files = {"nodes/evil.pth": "import sys; sys.modules['injected'] = sys", "evil.pth": "import injected"}
    assert (await (await start_session(write_workflow({"n": node}, files=files))).run()).output("n") is False


async def test_a_reload_swaps_the_code_and_runs_in_flight_keep_the_old_one(
    write_workflow: Any, start_session: Any
) -> None:
    node = "import asyncio\nasync def run(ctx, input):\n    await asyncio.sleep(input)\n    return {0}"
    folder = write_workflow({"n": node.format("'old'")})
    bench = await start_session(folder)
    in_flight = asyncio.ensure_future(bench.run(0.4))
    await asyncio.sleep(0.1)
    write_workflow({"n": node.format("'new'")})
    await bench.session.reload(assemble(open_project(folder)))
    assert (await bench.run(0)).output("n") == "new"
    write_workflow({"n": "import broken_module\n" + node.format("'broken'")})
    with pytest.raises(NodeLoadError):
        await bench.session.reload(assemble(open_project(folder)))
    assert (await bench.run(0)).output("n") == "new"
    assert (await in_flight).output("n") == "old"


async def test_new_settings_are_seen_by_the_next_run(write_workflow: Any, start_session: Any) -> None:
    bench = await start_session(write_workflow({"n": "def run(ctx, input): return ctx.config"}))
    bench.session.apply(Settings(config={"a": 1}, secrets={}))
    assert [(await bench.run()).output("n") for _ in range(4)] == [{"a": 1}] * 4


async def test_a_run_that_waits_during_a_reload_runs_with_the_new_plan(write_workflow: Any, start_session: Any) -> None:
    hold = "import time\ndef run(ctx, input): time.sleep(0.3 if input else 0)"
    folder = write_workflow({"b": hold})
    bench = await start_session(folder, Capacity(workers=1, running=1))
    first = asyncio.ensure_future(bench.run(1))
    second = asyncio.ensure_future(bench.run(0))
    await asyncio.sleep(0.1)
    write_workflow({"a": ECHO, "b": hold}, [("a", "b")])
    await bench.session.reload(assemble(open_project(folder)))
    assert set((await second).outputs) == {"a", "b"}
    assert set((await first).outputs) == {"b"}


async def test_an_output_over_the_limit_is_an_error_of_its_node(write_workflow: Any, start_session: Any) -> None:
    folder = write_workflow({"n": "def run(ctx, input): return 'x' * (65 * 1024 * 1024)"})
    bench = await start_session(folder, memory=1 << 30)
    error = (await bench.run()).errors["n"]
    assert error.startswith("the value that was returned is too large: output has")
    assert "the limit is 67,108,864" in error


async def test_an_error_group_is_told_by_what_is_in_it(write_workflow: Any, start_session: Any) -> None:
    node = """\
        import asyncio
        async def fails(number):
            raise ValueError(number)
        async def run(ctx, input):
            async with asyncio.TaskGroup() as group:
                group.create_task(fails(1))
                group.create_task(fails(2))
    """
    bench = await start_session(write_workflow({"n": node}))
    assert (await bench.run()).errors == {"n": "ValueError: 1 (nodes/n.py:3); ValueError: 2 (nodes/n.py:3)"}


async def test_a_retry_is_one_line_and_the_last_failure_shows_the_persons_own_frames(
    write_workflow: Any, start_session: Any
) -> None:
    node = """\
        import json
        def parse(text):
            return json.loads(text)
        def run(ctx, input):
            try:
                parse("{")
            except ValueError as error:
                raise KeyError(ctx.attempt) from error
    """
    bench = await start_session(write_workflow({"n": node}, extra="config: {retries: 1}\n"))
    await bench.run()
    assert [(line.level, line.message) for line in bench.lines] == [
        ("warn", "attempt 1 of 2 failed: KeyError: 1 (nodes/n.py:8)"),
        (
            "error",
            TRACE,
        ),
    ]


async def test_a_struct_that_renames_its_fields_comes_out_renamed(write_workflow: Any, start_session: Any) -> None:
    node = """\
        import msgspec
        class Out(msgspec.Struct, rename="camel"):
            total_words: int
        def run(ctx, input):
            return [Out(3)]
    """
    assert (await (await start_session(write_workflow({"n": node}))).run()).output("n") == [{"totalWords": 3}]


async def test_a_node_has_one_task_before_its_first_wait_and_after(write_workflow: Any, start_session: Any) -> None:
    node = """
        import asyncio
        async def run(ctx, input):
            before = asyncio.current_task()
            try:
                async with asyncio.timeout(0.01):
                    await asyncio.sleep(60)
            except TimeoutError:
                return before is asyncio.current_task()
    """
    wide = write_workflow({"a": node, "b": node})
    assert (await (await start_session(wide)).run()).outputs == {"a": b"true", "b": b"true"}


async def test_a_context_variable_of_one_run_is_not_seen_by_the_next(write_workflow: Any, start_session: Any) -> None:
    node = """
        from contextvars import ContextVar
        seen = ContextVar("seen", default=0)
        async def run(ctx, input):
            seen.set(seen.get() + 1)
            return seen.get()
    """
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=1, running=64))
    results = await asyncio.gather(*(bench.run() for _ in range(20)))
    assert [result.output("n") for result in results] == [1] * 20


async def test_what_a_node_leaves_running_ends_with_it_and_later_runs_are_not_touched(
    write_workflow: Any, start_session: Any
) -> None:
    node = """
        import asyncio
        async def run(ctx, input):
            task = asyncio.current_task()
            asyncio.get_running_loop().call_later(0.05, task.cancel)
            asyncio.create_task(asyncio.sleep(60))
            if input:
                await asyncio.sleep(0.2)
            return "done"
    """
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=1, running=64))
    results = await asyncio.gather(*(bench.run(0) for _ in range(5)), bench.run(1))
    assert [result.outputs for result in results[:5]] == [{"n": b'"done"'}] * 5
    assert "CancelledError" in results[5].errors["n"]


async def test_keys_of_an_object_fit_a_dict_of_numbers(write_workflow: Any, start_session: Any) -> None:
    node = """
        async def run(ctx, input: dict[int, str]):
            return [key + 1 for key in input]
    """
    assert (await (await start_session(write_workflow({"n": node}))).run({"1": "a"})).output("n") == [2]


async def test_runs_that_each_hold_the_loop_for_a_while_are_answered_as_they_end(
    write_workflow: Any, start_session: Any
) -> None:
    node = """
        import time
        async def run(ctx, input):
            time.sleep(0.02)
            return time.monotonic_ns()
    """
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=1, running=64))
    ended: list[int] = []

    async def one() -> int:
        output = (await bench.run()).output("n")
        ended.append(time.monotonic_ns())
        return int(output)

    outputs = await asyncio.gather(*(one() for _ in range(20)))
    assert min(ended) < max(outputs)  # the first caller had his answer before the last run ended
