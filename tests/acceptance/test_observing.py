"""`pipedreamer permissions --observe`: the block that is printed does, and no line of it can be spared."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

HEAD = """\
name: flow
version: "1.0"
triggers: [{type: manual}]
nodes:
  gather: {path: ./nodes/gather.py}
  store: {path: ./nodes/store.py}
edges: [{from: gather, to: store}]
"""
GATHER = """
import os
from pathlib import Path

async def run(ctx, input):
    text = Path(input["file"]).read_text()
    answer = await ctx.fetch("desk", input["url"])
    if not answer.ok:
        raise RuntimeError(f"answered {answer.status}")
    return {**input, "text": text, "region": os.environ["REGION"]}
"""
STORE = """
import socket

def run(ctx, input):
    taken = bytearray(300 << 20)
    with socket.create_connection(("localhost", input["port"]), 10) as connection:
        connection.sendall(ctx.secrets["store"]["password"].encode())
        return {"said": connection.recv(16).decode(), "text": input["text"], "region": input["region"]}
"""
STORE_TS = """
export default async function run(
  { secrets }: { secrets: { store: { password: string } } },
  input: { port: number; text: string; region: string },
) {
  new Uint8Array(400 << 20).fill(1);
  const connection = await Deno.connect({ hostname: "localhost", port: input.port });
  await connection.write(new TextEncoder().encode(secrets.store.password));
  const answer = new Uint8Array(16);
  const size = await connection.read(answer) ?? 0;
  connection.close();
  return { said: new TextDecoder().decode(answer.subarray(0, size)), text: input.text, region: input.region };
}
"""
GATHER_TS = """
import type { Context } from "pipedreamer";

export default async function run(ctx: Context, input: { file: string; url: string }) {
  const text = await Deno.readTextFile(input.file);
  const answer = await ctx.fetch("desk", input.url);
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  const region = Deno.env.get("REGION");
  if (region === undefined) throw new Error("no region");
  return { ...input, text, region };
}
"""
SECRETS = "desk: {token: desk-token-1234}\nstore: {password: store-password-1234}\nother: {token: never-used-1234}\n"


class Desk(BaseHTTPRequestHandler):
    """Answers those who bring the token."""

    def do_GET(self) -> None:
        is_known = self.headers["Authorization"] == "Bearer desk-token-1234"
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def desk() -> Iterator[int]:
    """The port of an HTTP server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def storage() -> Iterator[int]:
    """The port of a server that a driver would speak to."""

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"stored" if connection.recv(64) == b"store-password-1234" else b"no")

    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.fixture
def flow(person: Any, tmp_path: Path) -> Path:
    folder = Path(person.folder, "flow")
    (folder / "nodes").mkdir(parents=True)
    (folder / "workflow.yaml").write_text(HEAD)
    (folder / "nodes" / "gather.py").write_text(GATHER)
    (folder / "nodes" / "store.py").write_text(STORE)
    (folder / ".secrets.yaml").write_text(SECRETS)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "accounts.csv").write_text("ada\n")
    return folder


@pytest.mark.parametrize("ending", [".py", ".ts"])
def test_the_printed_block_does_and_with_less_it_fails(
    person: Any, flow: Path, desk: int, storage: int, tmp_path: Path, ending: str
) -> None:
    (flow / "nodes" / "gather.ts").write_text(GATHER_TS)
    (flow / "nodes" / "store.ts").write_text(STORE_TS)
    head = HEAD.replace(".py", ending)
    (flow / "workflow.yaml").write_text(head)
    file = tmp_path / "data" / "accounts.csv"
    given = json.dumps({"file": str(file), "url": f"http://127.0.0.1:{desk}/", "port": storage})
    env = {"REGION": "north"}
    observed = person.run("permissions", "flow", "--observe", "--live", "--input", given, env=env)
    assert observed.returncode == 0, observed.stderr
    block = yaml.safe_load(observed.stdout)["permissions"]
    assert {**block, "memory": ""} == {
        "net": [f"127.0.0.1:{desk}", f"localhost:{storage}"],
        "read": [str(file)],
        "env": ["REGION"],
        "memory": "",
        "secrets": ["store"],
        "inject": ["desk"],
    }
    assert f"- {file}  # gather (nodes/gather{ending}:{6 if ending == '.py' else 5})\n" in observed.stdout
    assert "1234" not in observed.stdout + observed.stderr

    def runs(text: str) -> bool:
        (flow / "workflow.yaml").write_text(head + text)
        done = person.run("run", "flow", "--input", given, env=env)
        assert done.stdout, done.stderr
        answer = json.loads(done.stdout)
        if answer["success"]:
            assert answer["outputs"]["store"] == {"said": "stored", "text": "ada\n", "region": "north"}
        return bool(answer["success"])

    assert runs(observed.stdout)
    for line, entries in block.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            less = dict(block)
            if line == "memory":
                del less[line]
            else:
                less[line] = [one for one in entries if one != entry]
            assert not runs(yaml.safe_dump({"permissions": less})), f"{line} {entry} can be spared"


def test_a_block_that_is_too_wide_becomes_small_and_the_rest_is_named(person: Any, flow: Path) -> None:
    (flow / "nodes" / "gather.py").write_text("async def run(ctx, input):\n    return 1\n")
    (flow / "nodes" / "store.py").write_text("def run(ctx, input):\n    return 1\n")
    (flow / "workflow.yaml").write_text(
        HEAD + 'permissions: {net: ["*.example.com"], read: [/opt], env: [TZ], secrets: [store], inject: [desk]}\n'
    )
    for node in ("gather", "store"):
        (flow / "tests" / "fixtures").mkdir(parents=True, exist_ok=True)
        (flow / "tests" / "fixtures" / f"{node}.json").write_text("{}")
    done = person.run("permissions", "flow", "--observe")
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout) == {"permissions": {"net": "none", "memory": "64Mi", "secrets": []}}
    comments = [line for line in done.stdout.splitlines() if line.startswith("# ")]
    assert comments[:6] == [
        "# declared and never used: net *.example.com:443",
        "# declared and never used: read /opt",
        "# declared and never used: env TZ",
        "# declared and never used: secrets store",
        "# declared and never used: inject desk",
        "# confirmed: 2 fixtures passed again under this block",
    ]


def test_what_failed_is_told_and_what_was_seen_is_printed_all_the_same(person: Any, flow: Path) -> None:
    (flow / "tests" / "fixtures").mkdir(parents=True)
    (flow / "tests" / "fixtures" / "gather.json").write_text(
        '{"input": {"file": "/etc/hostname", "url": "https://desk.test/"}, "secrets": {"desk": {"token": "abcdef"}}}'
    )

    done = person.run("permissions", "flow", "--observe", "-o", "json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    assert answer["mode"] == "fixtures"
    assert answer["permissions"]["net"] == ["desk.test:443"]
    assert answer["permissions"]["inject"] == ["desk"]
    assert [run["status"] for run in answer["runs"]] == ["failed", "no fixtures"]
    assert any("REGION" in note and "not set here" in note for note in answer["notes"])
    assert "not run, for want of fixtures: store" in answer["notes"]


@pytest.mark.parametrize(
    "words", [("--live",), ("--input", "{}"), ("--observe", "--input", "{}"), ("--observe", "--secrets", "x")]
)
def test_options_that_would_do_nothing_are_refused(person: Any, flow: Path, words: tuple[str, ...]) -> None:
    done = person.run("permissions", "flow", *words)
    assert (done.returncode, done.stdout) == (2, "")
