"""TypeScript nodes run in locked Deno workers, alone and beside Python nodes (contract: running)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.settings import Settings

ECHO = "export default async function run(ctx: unknown, input: unknown) { return input; }"


async def test_a_node_gets_its_input_and_context_and_its_output_is_json(
    write_workflow: Any, start_session: Any
) -> None:
    node = """
        import type { Context } from "pipedreamer";

        interface Given { name: string }

        export default async function run(ctx: Context, input: Given): Promise<unknown> {
          ctx.log.info("hello", { to: input.name });
          const greeting = `${ctx.config.word} ${input.name}`;
          return { greeting, secret: ctx.secrets.s.value.length, attempt: ctx.attempt };
        }
    """
    settings = Settings(config={"word": "hi"}, secrets={"s": {"value": "abcdefgh"}})
    bench = await start_session(write_workflow({"n.ts": node}), settings=settings)
    result = await bench.run({"name": "Ann"})
    assert result.errors == {}
    assert result.output("n") == {"greeting": "hi Ann", "secret": 8, "attempt": 1}
    assert [line.message for line in bench.lines if line.node == "n"] == ['hello { to: "Ann" }']


async def test_a_plan_of_typescript_follows_its_edges(write_workflow: Any, start_session: Any) -> None:
    double = "export default (_: unknown, input: number) => input * 2;"
    folder = write_workflow(
        {"root.ts": ECHO, "left.ts": double, "right.ts": double, "join.ts": ECHO},
        [("root", "left"), ("root", "right"), ("left", "join"), ("right", "join")],
    )
    result = await (await start_session(folder)).run(21)
    assert result.output("join") == {"left": 42, "right": 42}


async def test_both_languages_in_one_plan(write_workflow: Any, start_session: Any) -> None:
    folder = write_workflow(
        {
            "first": "async def run(ctx, input): return {'words': input['text'].split()}",
            "second.ts": "export default (_: unknown, input: { words: string[] }) => input.words.map((w) => w.length);",
            "beside": "def run(ctx, input): return len(input['words'])",
            "last": "async def run(ctx, input): return [input['second'], input['beside']]",
        },
        [("first", "second"), ("first", "beside"), ("second", "last"), ("beside", "last")],
    )
    bench = await start_session(folder)
    results = await asyncio.gather(*(bench.run({"text": "to be or not"}) for _ in range(20)))
    assert {str(result.errors) for result in results} == {"{}"}
    assert {str(result.output("last")) for result in results} == {"[[2, 2, 2, 3], 4]"}
    assert set(results[0].node_timings) == {"first", "second", "beside", "last"}


async def test_an_error_names_the_persons_file_and_line(write_workflow: Any, start_session: Any) -> None:
    node = """
        export default async function run() {
          const nothing = undefined as unknown as { x: number };
          return nothing.x;
        }
    """
    bench = await start_session(write_workflow({"n.ts": node}))
    result = await bench.run()
    assert result.errors["n"].startswith("TypeError: ")
    assert "nodes/n.ts:4" in result.errors["n"]


async def test_a_node_that_never_yields_is_stopped_and_its_worker_replaced(
    write_workflow: Any, start_session: Any
) -> None:
    folder = write_workflow({"spin.ts": "export default () => { for (;;) {} };"}, extra="config: {timeout: 300ms}")
    bench = await start_session(folder, Capacity(workers=1, running=4))
    result = await bench.run()
    assert result.errors == {"spin": 'Node "spin" timed out after 300ms'}
    assert bench.session.restarts == 1


async def test_a_node_that_waits_too_long_times_out_and_others_go_on(write_workflow: Any, start_session: Any) -> None:
    node = """
        export default async function run(_: unknown, input: { wait: number }) {
          await new Promise((done) => setTimeout(done, input.wait));
          return "ended";
        }
    """
    bench = await start_session(write_workflow({"n.ts": node}, extra="config: {timeout: 500ms}"))
    results = await asyncio.gather(*(bench.run({"wait": wait}) for wait in (5, 60_000, 5, 200)))
    assert [result.errors.get("n") or result.output("n") for result in results] == [
        "ended",
        'Node "n" timed out after 500ms',
        "ended",
        "ended",
    ]


async def test_a_worker_that_is_lost_is_one_failed_attempt(write_workflow: Any, start_session: Any) -> None:
    node = """
        export default async function run(ctx: { attempt: number }) {
          if (ctx.attempt === 1) Deno.exit(3);
          return ctx.attempt;
        }
    """
    bench = await start_session(write_workflow({"n.ts": node}, extra="config: {retries: 1}"))
    result = await bench.run()
    assert result.errors == {}
    assert result.output("n") == 2


async def test_memory_is_bounded_array_buffers_too(write_workflow: Any, start_session: Any) -> None:
    bomb = """
        export default function run() {
          const held: Uint8Array[] = [];
          for (let i = 0; i < 200; i++) held.push(new Uint8Array(16 << 20).fill(1));
          return held.length;
        }
    """
    bench = await start_session(write_workflow({"n.ts": bomb}), memory=128 << 20)
    result = await bench.run()
    assert "n" in result.errors
    assert "n" not in result.outputs


async def test_files_environment_and_programs_are_shut(write_workflow: Any, start_session: Any) -> None:
    node = """
        async function tried(what: () => unknown): Promise<string> {
          try {
            return `got ${await what()}`;
          } catch (error) {
            return (error as Error).name;
          }
        }
        export default async function run() {
          return {
            passwd: await tried(() => Deno.readTextFile("/etc/passwd")),
            own: await tried(async () => (await Deno.readTextFile("workflow.yaml")).slice(0, 4)),
            write: await tried(() => Deno.writeTextFile("nodes/x.ts", "")),
            scratch: await tried(() => Deno.writeTextFile("/tmp/x", "")),
            home: Deno.env.get("HOME") ?? "none",
            program: await tried(() => new Deno.Command("/bin/true").output()),
            library: await tried(() => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {})),
          };
        }
    """
    result = await (await start_session(write_workflow({"n.ts": node}))).run()
    assert result.errors == {}
    seen = result.output("n")
    assert seen["own"] == "got name"
    assert seen["scratch"] == "got undefined"
    assert seen["home"] == "none"
    assert {seen[name] for name in ("passwd", "program", "library")} <= {"NotCapable", "PermissionDenied", "NotFound"}


async def test_an_import_map_larger_than_an_argument_of_a_program_is_used(
    write_workflow: Any, start_session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    imports = {f"names/of/things/number-{number}": f"./lib/{number}.ts" for number in range(3000)}
    node = 'import { value } from "names/of/things/number-2999";\nexport default () => value;'
    files = {"deno.json": json.dumps({"imports": imports}), "lib/2999.ts": "export const value = 7;"}
    result = await (await start_session(write_workflow({"n.ts": node}, files=files))).run()
    assert result.output("n") == 7


async def test_a_folder_of_many_files_that_are_granted_one_by_one_is_read(
    write_workflow: Any, start_session: Any
) -> None:
    files = {f"data/a-file-with-a-name-of-some-length-{number}.txt": "x" for number in range(2000)}
    node = 'export default () => Deno.readTextFileSync("data/a-file-with-a-name-of-some-length-1999.txt");'
    folder = write_workflow({"n.ts": node}, files={**files, "data/.hidden": "", ".gitignore": ""})
    result = await (await start_session(folder)).run()
    assert result.output("n") == "x"


async def test_nodes_run_where_namespaces_are_refused(write_workflow: Any, start_session: Any) -> None:
    node = """
        export default async function run() {
          const path = await Deno.makeTempFile();
          await Deno.writeTextFile(path, "kept");
          return await Deno.readTextFile(path);
        }
    """
    bench = await start_session(write_workflow({"n.ts": node}), namespaces=False)
    assert bench.session.held["typescript"].namespaces
    result = await bench.run()
    assert result.errors == {}
    assert result.output("n") == "kept"


ROGUES = {
    "breaks tables": "Map.prototype.get = Map.prototype.set = () => { throw new Error('broken'); };",
    "breaks lists": "Array.prototype.push = Array.prototype.filter = () => { throw new Error('broken'); };",
    "breaks promises": "Promise.prototype.then = () => { throw new Error('broken'); };",
    "breaks bytes": "Object.getPrototypeOf(Uint8Array.prototype).subarray = () => new Uint8Array(9);",
    "breaks texts": "String.prototype.replace = () => { throw new Error('broken'); };",
    "breaks iteration": "Array.prototype[Symbol.iterator] = () => { throw new Error('broken'); };",
    "breaks calls": "Function.prototype.call = Function.prototype.apply = () => { throw new Error('broken'); };",
    "breaks all objects": "Object.prototype.get = Object.prototype.set = () => { throw new Error('broken'); };",
    "breaks what waits": "Object.prototype.then = () => {};",
    "closes the connection": "for (const held of [0, 1]) (await import('node:fs')).closeSync(held);",
}


@pytest.mark.parametrize("deed", ROGUES.values(), ids=ROGUES)
async def test_a_node_that_breaks_its_process_costs_other_runs_nothing(
    deed: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"""
        export default async function run(_: unknown, input: boolean) {{
          if (input) {{ {deed} }}
          return "good";
        }}
    """
    folder = write_workflow({"n.ts": node}, extra="config: {timeout: 1s}")
    bench = await start_session(folder, Capacity(workers=1, running=64))
    results = await asyncio.wait_for(asyncio.gather(*(bench.run(number == 3) for number in range(8))), 60)
    results.pop(3)
    assert [result.outputs for result in results] == [{"n": b'"good"'}] * 7
    after = [await asyncio.wait_for(bench.run(False), 60) for _ in range(3)]
    assert [result.outputs for result in after] == [{"n": b'"good"'}] * 3
