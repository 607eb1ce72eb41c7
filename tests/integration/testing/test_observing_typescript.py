"""TypeScript nodes that are watched, in real workers: Deno's record of permissions, and what it has no record of."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.integration.testing.conftest import Observe
from tests.registry import serving

from pipedreamer.project.modules import lock_modules
from pipedreamer.spec import Destination, Permissions
from pipedreamer.testing.observing import Observation
from pipedreamer.testing.outcome import Outcome
from pipedreamer.testing.trials import node_trials


@pytest.fixture
def observe_ts(observe: Observe) -> Callable[..., Awaitable[tuple[Observation, Outcome]]]:
    """As `observe`, of a node in TypeScript."""
    return partial(observe, name="n.ts")


def notes(observation: Observation) -> str:
    return "\n".join(observation.findings.notes())


async def test_a_node_that_needs_nothing_gets_a_block_of_nothing(observe_ts: Observe) -> None:
    source = """
        import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
        export default async (ctx: { log: Console }) => {
          const folder = mkdtempSync("/tmp/n-");
          writeFileSync(`${folder}/x`, "x");
          const text = await Deno.readTextFile(`${folder}/x`) + Deno.readTextFileSync("nodes/n.ts").length;
          rmSync(folder, { recursive: true });
          console.log(text, new Error("x"));
          ctx.log.info(new Date().toLocaleString("de", { timeZone: "Europe/Berlin" }));
          const names = await Array.fromAsync(Deno.readDir("."), ({ name }) => name);
          return [Deno.cwd().split("/").at(-1), Object.keys(process.env), names.includes("nodes")];
        };
    """
    observation, outcome = await observe_ts(source, '{"expected": ["flow", [], true]}')
    assert outcome.reasons == ()
    assert observation.block == Permissions(net=(), read=(), memory=64 << 20, secrets=(), declared=True)
    assert notes(observation) == ""


READS = [
    "Deno.readTextFileSync(FILE)",
    "await Deno.readTextFile(FILE)",
    "fs.readFileSync(FILE, 'utf8')",
    "await fs.promises.readFile(FILE, 'utf8')",
    "Deno.readTextFileSync(`../w4/${FILE.split('/').at(-1)}`)",
    "await new Promise((done, no) => fs.createReadStream(FILE).on('data', (some) => done(`${some}`)).on('error', no))",
]


async def test_a_file_is_seen_whatever_way_it_is_read(observe_ts: Observe, tmp_path: Path) -> None:
    for number in range(len(READS)):
        (tmp_path / f"w{number}").mkdir()
        (tmp_path / f"w{number}" / "1.txt").write_text(str(number))
    ways = "".join(
        f"\nasync () => {{ const FILE = '{tmp_path}/w{number}/1.txt'; return {read}; }},"
        for number, read in enumerate(READS)
    )
    source = f"""
import fs from "node:fs";
const tried = async (way: () => unknown) => {{ try {{ return await way(); }} catch {{ return "closed"; }} }};
export default async () => await Promise.all([{ways}
].map(tried));
"""
    observation, outcome = await observe_ts(source, '{"expected": ["0", "1", "2", "3", "4", "5"]}')
    assert outcome.reasons == ()
    files = tuple(f"{tmp_path}/w{number}/1.txt" for number in range(len(READS)))
    assert observation.block.read == files
    places = [observation.findings.reason("read", file).place for file in files]
    assert places == [*(f"nodes/n.ts:{number + 5}" for number in range(5)), ""]


async def test_six_files_become_the_folder(observe_ts: Observe, data: Path) -> None:
    source = f"""
        export default () => [0, 1, 2, 3, 4, 5].map((n) => Deno.readTextFileSync(`{data}/${{n}}.txt`)).join("");
    """
    observation, outcome = await observe_ts(source, '{"expected": "012345"}')
    assert outcome.reasons == ()
    assert observation.block.read == (str(data),)


async def test_asking_whether_a_file_is_there_counts(observe_ts: Observe, data: Path) -> None:
    source = f"""
        import fs from "node:fs";
        const tried = (way: () => unknown) => {{ try {{ return !!way(); }} catch {{ return false; }} }};
        export default () => [
          tried(() => fs.existsSync("{data}/0.txt")),
          tried(() => Deno.statSync("{data}/1.txt")),
          tried(() => Deno.realPathSync("{data}/2.txt")),
          tried(() => fs.lstatSync("{data}/3.txt")),
        ];
    """
    observation, outcome = await observe_ts(source, '{"expected": [true, true, true, true]}')
    assert outcome.reasons == ()
    assert observation.block.read == tuple(f"{data}/{number}.txt" for number in range(4))


async def test_a_branch_behind_a_folder_that_is_there_is_gone_through(observe_ts: Observe, data: Path) -> None:
    source = f"""
        import fs from "node:fs";
        export default () => fs.existsSync("{data}") ? fs.readdirSync("{data}").sort()[0] : "nothing there";
    """
    observation, outcome = await observe_ts(source, '{"expected": "0.txt"}')
    assert outcome.reasons == ()
    assert observation.block.read == (str(data),)


async def test_what_only_python_reads_anyway_is_named(observe_ts: Observe) -> None:
    source = """
        export default () => Deno.readTextFileSync("/etc/protocols").length > 0;
    """
    observation, outcome = await observe_ts(source, '{"expected": true}')
    assert outcome.reasons == ()
    assert observation.block.read == ("/etc/protocols",)


async def test_hidden_files_and_proc_stay_closed(observe_ts: Observe, data: Path) -> None:
    (data / ".env").write_text("X=1")
    source = f"""
        const read = (path: string) => {{ try {{ return Deno.readTextFileSync(path); }} catch {{ return "closed"; }} }};
        export default () => [read("{data}/.env"), read("/proc/meminfo"), read("{data}/1.txt")];
    """
    observation, outcome = await observe_ts(source, '{"expected": ["closed", "closed", "1"]}')
    assert outcome.reasons == ()
    assert observation.block.read == (f"{data}/1.txt",)
    assert f"n (nodes/n.ts:2) asked for {data}/.env, which leads through .env" in notes(observation)
    assert "n (nodes/n.ts:2) asked for /proc/meminfo, which is in /proc" in notes(observation)


async def test_files_of_a_fixture_are_asked_for_by_their_names(observe_ts: Observe) -> None:
    token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    source = f"""
        export default async () => await Deno.readTextFile("{token}") + Deno.readTextFileSync("data/own.txt");
    """
    observation, outcome = await observe_ts(
        source, f'{{"files": {{"{token}": "t", "data/own.txt": "o"}}, "expected": "to"}}'
    )
    assert outcome.reasons == ()
    assert observation.block.read == (token,)


WRITES = [
    ("Deno.writeTextFileSync('IN/new.txt', 'x')", ""),
    ("Deno.writeTextFileSync('IN/1.txt', 'x')", "/1.txt"),
    ("Deno.openSync('IN/1.txt', { append: true })", "/1.txt"),
    ("fs.writeFileSync('IN/1.txt', 'x')", "/1.txt"),
    ("Deno.removeSync('IN/1.txt')", ""),
    ("await fs.promises.unlink('IN/1.txt')", ""),
    ("await Deno.mkdir('IN/a/b', { recursive: true })", ""),
    ("Deno.makeTempFileSync({ dir: 'IN' })", ""),
    ("fs.mkdtempSync('IN/x-')", ""),
]


async def test_a_write_is_refused_and_what_it_needs_is_named(observe_ts: Observe, tmp_path: Path) -> None:
    folders = [tmp_path / f"w{number}" / "in" for number in range(len(WRITES))]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "1.txt").write_text("1")
    acts = "".join(
        f"async () => {{ {act.replace('IN', str(folder))}; }},"
        for folder, (act, _) in zip(folders, WRITES, strict=True)
    )
    source = f"""
        import fs from "node:fs";
        const tried = async (act: () => unknown) => {{ try {{ await act(); return "did"; }} catch {{ return "no"; }} }};
        export default async () => (await Promise.all([{acts}].map(tried))).filter((how) => how === "did");
    """
    observation, outcome = await observe_ts(source, '{"expected": []}')
    assert outcome.reasons == ()
    written = tuple(f"{folder}{needed}" for folder, (_, needed) in zip(folders, WRITES, strict=True))
    assert observation.block.write == observation.findings.new_writes == written
    assert [[(file.name, file.read_text()) for file in folder.iterdir()] for folder in folders] == [
        [("1.txt", "1")]
    ] * len(folders)
    assert {observation.findings.reason("write", entry).how for entry in written} == {"was refused while observing"}


async def test_for_what_it_made_a_node_needs_the_folder(observe_ts: Observe, data: Path) -> None:
    source = f"""
        export default () => {{
          Deno.mkdirSync("{data}/out", {{ recursive: true }});
          for (let n = 0; n < 10; n++) Deno.writeTextFileSync(`{data}/out/${{n}}.txt`, "x");
        }};
    """
    observation, outcome = await observe_ts(source, extra=f"permissions: {{write: [{data}]}}")
    assert outcome.reasons == ()
    assert (data / "out" / "9.txt").exists()
    assert observation.block.write == (str(data),)


async def test_variables_are_lent_to_the_workflows_own_code(
    observe_ts: Observe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_REGION", "north")
    monkeypatch.setenv("MY_ZONE", "n1")
    monkeypatch.setenv("MY_TOKEN", "secret-token")
    monkeypatch.setenv("MY_PROXY", "http://ada:pw@proxy")
    monkeypatch.setenv("NOBODY_ASKS", "x")
    source = """
        import { env } from "node:process";
        export default () => {
          const asked = ["MY_REGION", "MY_TOKEN", "MY_PROXY", "MY_NOTHING"].map((name) => Deno.env.get(name) ?? null);
          const all = [Deno.env.toObject(), { ...env }];
          return [...asked, Deno.env.has("MY_REGION"), env.MY_ZONE, "MY_NOTHING" in env, ...all];
        };
    """
    expected = '["north", null, null, null, true, "n1", false, {}, {}]'
    observation, outcome = await observe_ts(source, f'{{"expected": {expected}}}')
    assert outcome.reasons == ()
    assert observation.block.env == ("MY_PROXY", "MY_REGION", "MY_TOKEN", "MY_ZONE")
    assert "looks like a secret" in observation.findings.reason("env", "MY_TOKEN").how
    assert notes(observation) == "n (nodes/n.ts:4) asked for the variable MY_NOTHING, which is not set here"


async def test_secrets_that_are_read_are_told_from_those_that_are_only_sent(observe_ts: Observe) -> None:
    source = """
        export default async (ctx: { fetch: CallableFunction; secrets: Record<string, { token: string }> }) => {
          await ctx.fetch("sent", "/");
          await ctx.fetch("both", "/");
          await ctx.fetch("bare", "http://bare.test/");
          return [ctx.secrets.nothing ?? null, ctx.secrets["both"].token, "seen" in ctx.secrets];
        };
    """
    token = '{"token": "abcdefgh"}'
    secrets = ", ".join(f'"{name}": {token}' for name in ("sent", "both", "bare", "seen", "unused"))
    observation, outcome = await observe_ts(
        source, f'{{"secrets": {{{secrets}}}, "expected": [null, "abcdefgh", true]}}'
    )
    assert outcome.reasons == ()
    assert observation.block.secrets == ("bare", "both", "seen")
    assert observation.block.inject == ("sent",)
    assert observation.findings.reason("secrets", "both").place == "nodes/n.ts:6"


@pytest.mark.parametrize("way", ["{ ...secrets }", "Object.entries(secrets)", "JSON.stringify(secrets)"])
async def test_going_through_all_secrets_reads_them_all(observe_ts: Observe, way: str) -> None:
    source = f"""
        export default ({{ secrets }}: {{ secrets: object }}) => ({way}) && null;
    """
    observation, _ = await observe_ts(source, '{"secrets": {"a": {"token": "abcdefgh"}, "b": {"token": "ijklmnop"}}}')
    assert observation.block.secrets == ("a", "b")


async def test_every_way_to_the_network_is_seen_and_reaches_nothing(observe_ts: Observe) -> None:
    source = """
        import net from "node:net";
        const failed = async (way: () => unknown) => { try { await way(); return 0; } catch { return 1; } };
        export default async () => {
          await fetch("https://native.test/x");
          return [
            await failed(() => Deno.connect({ hostname: "db.test", port: 5432 })),
            await failed(() => new Promise((_, no) => net.connect(6379, "203.0.113.7").on("error", no))),
            await failed(() => Deno.connect({ hostname: "169.254.169.254", port: 80 })),
          ];
        };
    """
    observation, outcome = await observe_ts(source, '{"expected": [1, 1, 1]}')
    assert outcome.reasons == ()
    assert observation.block.net == (
        Destination("203.0.113.7", 6379),
        Destination("db.test", 5432),
        Destination("native.test", 443),
    )
    assert observation.findings.reason("net", "native.test:443").how == "fetch"
    assert "asked for 169.254.169.254:80, which can never be reached" in notes(observation)


@pytest.mark.parametrize(
    ("start", "name"),
    [("new Deno.Command('git').outputSync()", "git"), ("execFileSync('git')", "a program")],
)
async def test_programs_are_told(observe_ts: Observe, start: str, name: str) -> None:
    source = f"""
        import {{ execFileSync }} from "node:child_process";
        export default () => {{ {start}; }};
        void execFileSync;
    """
    observation, outcome = await observe_ts(source)
    assert not outcome.passed
    assert f"n (nodes/n.ts:3) wanted to start {name}, and no node starts a program" in notes(observation)
    assert observation.block.env == ()


async def test_a_file_that_is_read_on_import_is_opened_too(observe_ts: Observe, data: Path) -> None:
    source = f"""
        const text = Deno.readTextFileSync("{data}/3.txt");
        export default () => text;
    """
    observation, outcome = await observe_ts(source, '{"expected": "3"}')
    assert outcome.reasons == ()
    assert observation.block.read == (f"{data}/3.txt",)


async def test_what_a_node_asks_for_is_known_though_it_never_ends(observe_ts: Observe, data: Path) -> None:
    source = f"""
        export default async () => {{
          try {{ Deno.readTextFileSync("{data}/3.txt"); }} catch {{ /* goes on */ }}
          await new Promise((done) => setTimeout(done, 60_000));
        }};
    """
    observation, outcome = await observe_ts(source, extra="config: {timeout: 1s}")
    assert not outcome.passed
    assert observation.block.read == (f"{data}/3.txt",)


async def test_memory_is_the_most_that_was_taken(observe_ts: Observe) -> None:
    source = """
        export default () => { new Uint8Array(300 << 20).fill(1); };
    """
    observation, outcome = await observe_ts(source)
    assert outcome.reasons == ()
    assert observation.block.memory in (448 << 20, 512 << 20)


async def test_the_record_is_nobody_elses(observe_ts: Observe) -> None:
    source = """
        export default () => [...Deno.readDirSync("/tmp")].filter(({ name }) => name.includes("asked"));
    """
    _, outcome = await observe_ts(source, '{"expected": []}')
    assert outcome.reasons == ()


async def test_the_fixtures_are_tried_under_the_block(observe_ts: Observe, data: Path) -> None:
    source = f"""
        export default ({{ secrets }}: {{ secrets: {{ a: {{ token: string }} }} }}) =>
          Deno.readTextFileSync("{data}/3.txt") + secrets.a.token;
    """
    observation, _ = await observe_ts(source, '{"secrets": {"a": {"token": "abcdefgh"}}, "expected": "3abcdefgh"}')
    trials = node_trials(observation.subject)
    assert [outcome.reasons async for outcome in observation.confirmed(trials)] == [()]
    (data / "3.txt").unlink()
    assert [outcome.passed async for outcome in observation.confirmed(trials)] == [False]


PACKAGE = """\
const fs = require("node:fs");
exports.level = process.env.MY_LEVEL ?? "none";
exports.size = (path) => { try { return fs.readFileSync(path).length; } catch { return -1; } };
exports.need = (path) => fs.readFileSync(path, "utf8");
exports.own = () => fs.readFileSync(`${__dirname}/package.json`).length > 0;
"""


async def test_what_a_package_does_without_is_mentioned_and_what_it_needs_counts(
    observe_ts: Observe, write_workflow: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_LEVEL", "high")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    without = f"""
        import {{ level, own, size }} from "npm:@some/package@1";
        export default () => [level, size("{data}/1.txt"), own()];
    """
    with serving() as registry:
        registry.add("@some/package", "1.0.0", PACKAGE, type="commonjs")
        for name, value in registry.settings.items():
            monkeypatch.setenv(name, value)
        lock_modules(write_workflow({"n.ts": without}))
        observation, outcome = await observe_ts(without, '{"expected": ["none", -1, true]}')
        assert outcome.reasons == ()
        assert (observation.block.read, observation.block.env) == ((), ())
        assert list(observation.findings.notes()) == [
            "@some/package asked for the variable MY_LEVEL and did without: add it if it matters",
            f"@some/package asked for {data}/1.txt and did without: add it if it matters",
        ]
        needs = without.replace("size", "need")
        observation, outcome = await observe_ts(needs, '{"expected": ["none", "1", true]}')
    assert outcome.reasons == ()
    assert observation.block.read == (f"{data}/1.txt",)
    assert observation.findings.reason("read", f"{data}/1.txt").how == "by @some/package"
