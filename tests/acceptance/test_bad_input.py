"""What is wrong with a folder, a command or a request is one clear line with its place and a remedy, never a traceback;
the exit code says whose fault it is, and an engine goes on.
"""

import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import PATIENCE, Engine, StartEngine
from tests.conftest import WriteWorkflow

GOOD = "def run(ctx, input):\n    return input\n"
DEEP = "[" * 100_000 + "]" * 100_000
GIBIBYTE = 1024**3
PIECE = 1024**2

YAML = "name: flow\nversion: '1.0'\ntriggers: [{type: manual}]\n"


def yaml(text: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / "workflow.yaml").write_text(YAML + text)


def file(name: str, content: str | bytes) -> Callable[[Path], Any]:
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def no_workflow(folder: Path) -> None:
    (folder / "workflow.yaml").unlink()


def no_node(folder: Path) -> None:
    (folder / "nodes" / "a.py").rename(folder / "nodes" / "aa.py")


def link_out(folder: Path) -> None:
    (folder.parent / "outside.py").write_text(GOOD)
    (folder / "nodes" / "a.py").unlink()
    (folder / "nodes" / "a.py").symlink_to("../../outside.py")


def secrets_folder(folder: Path) -> None:
    (folder / ".secrets.yaml").mkdir()


Case = tuple[Callable[[Path], Any], str, str]
"""What is done to a good folder, how the line begins, and a remedy that it names."""

FOLDERS: dict[str, Case] = {
    "broken YAML": (yaml("nodes: [a, b\n"), "flow/workflow.yaml:4:8: error: ", "close it with ']'"),
    "not UTF-8": (file("workflow.yaml", b"name: fl\xf6w\n"), "flow/workflow.yaml:1:9: error: ", "UTF-8"),
    "no mapping": (file("workflow.yaml", "- a\n"), "flow/workflow.yaml:1:1: error: ", "name: "),
    "an empty file": (file("workflow.yaml", ""), "flow/workflow.yaml:1:1: error: ", "pipedreamer init"),
    "a cycle": (
        yaml("nodes: {a: {path: nodes/a.py}, b: {path: nodes/a.py}}\nedges: [{from: a, to: b}, {from: b, to: a}]\n"),
        "flow/workflow.yaml:5:",
        "a -> b -> a",
    ),
    "no workflow.yaml": (no_workflow, "flow/workflow.yaml: error: ", "pipedreamer init"),
    "a missing node file": (no_node, "flow/workflow.yaml:5:13: error: ", "did you mean nodes/aa.py?"),
    "a path that climbs out": (
        yaml("nodes: {a: {path: ../../etc/passwd.py}}\n"),
        "flow/workflow.yaml:4:19: error: ",
        "inside the workflow folder",
    ),
    "an absolute path": (yaml("nodes: {a: {path: /etc/a.py}}\n"), "flow/workflow.yaml:4:19: error: ", "nodes/"),
    "a link out of the folder": (link_out, "flow/workflow.yaml:5:13: error: ", "leads out of the workflow's folder"),
    "a syntax error": (
        file("nodes/a.py", "def run(ctx, input):\n    return (\n"),
        "flow/nodes/a.py:2:12: error: ",
        "'(' was never closed",
    ),
    "no run": (file("nodes/a.py", "def walk(ctx, input):\n    pass\n"), "flow/nodes/a.py", "async def run(ctx, input)"),
    "a failing import": (
        file("nodes/a.py", "import nosuchthing\n\n" + GOOD),
        'error: Node "a": nodes/a.py:1: ModuleNotFoundError: ',
        "requirements.txt",
    ),
    "an exit on import": (
        file("nodes/a.py", "import sys\nsys.exit(4)\n\n" + GOOD),
        'error: Node "a": nodes/a.py:2: SystemExit: 4',
        "",
    ),
    "a process that ends on import": (
        file("nodes/a.py", "import os\nos._exit(4)\n\n" + GOOD),
        "error: the worker process exited with code 4 while it loaded the nodes",
        "",
    ),
    "broken secrets": (file(".secrets.yaml", "github: [\n"), "error: ", "flow/.secrets.yaml:2:1: "),
    "unreadable secrets": (secrets_folder, "error: ", "flow/.secrets.yaml: is a folder, a file is expected"),
}


@pytest.mark.parametrize(
    ("command", "case"),
    [
        *(("serve", case) for case in FOLDERS),
        *((command, case) for command in ("run", "dev") for case in ("a cycle", "a failing import", "broken secrets")),
    ],
)
def test_a_folder_that_is_not_right_is_a_line_with_its_place_and_exit_code_1(
    person: Any, write_workflow: WriteWorkflow, command: str, case: str
) -> None:
    spoil, place, remedy = FOLDERS[case]
    folder = write_workflow({"a": GOOD})
    spoil(folder)
    done = person.run(command, "flow", folder=folder.parent)
    assert done.returncode == 1
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    assert first.startswith(place)
    assert remedy in first
    assert len(rest) == first.startswith("flow/")  # then the count of the problems
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["run", "dev", "serve"])
def test_a_folder_that_is_not_there_or_empty_says_what_makes_one(person: Any, command: str) -> None:
    done = person.run(command, "nowhere")
    assert done.returncode == 2
    assert done.stderr == "error: there is no folder nowhere; `pipedreamer init NAME` makes a new one\n"
    done = person.run(command, ".")
    assert done.returncode == 1
    assert done.stderr.startswith("workflow.yaml: error: ")
    assert "pipedreamer init" in done.stderr


def test_secrets_that_cannot_be_read_are_named(person: Any, write_workflow: WriteWorkflow) -> None:
    folder = write_workflow({"a": GOOD})
    (folder / ".secrets.yaml").symlink_to(".secrets.yaml")
    done = person.run("run", str(folder))
    assert done.returncode == 1
    assert done.stderr == f"error: {folder}/.secrets.yaml: cannot be read: Too many levels of symbolic links\n"


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_port_in_use_or_out_of_range_is_named_with_a_remedy(
    person: Any, write_workflow: WriteWorkflow, command: str
) -> None:
    folder = str(write_workflow({"a": GOOD}))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = person.run(command, folder, "--port", port)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: port {port} on 127.0.0.1 is in use; stop what listens there or choose another one with --port\n"
    )
    done = person.run(command, folder, "--port", "70000")
    assert done.returncode == 2
    assert done.stderr.startswith("error: port 70000 is not a port")
    done = person.run(command, folder, "--host", "nowhere.invalid")
    assert done.returncode == 1
    assert done.stderr.startswith("error: host 'nowhere.invalid' is not known here")


@pytest.mark.parametrize(
    ("option", "value"), [("--workers", "-1"), ("--max-runs", "0"), ("--drain", "soon"), ("--log", "xml")]
)
def test_a_limit_that_makes_no_sense_is_wrong_use(
    person: Any, write_workflow: WriteWorkflow, option: str, value: str
) -> None:
    done = person.run("serve", str(write_workflow({"a": GOOD})), option, value)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: Invalid value for '{option}': ")
    assert done.stderr.count("\n") == 1


def test_a_place_of_secrets_that_is_not_there_is_named(person: Any, write_workflow: WriteWorkflow) -> None:
    done = person.run("run", str(write_workflow({"a": GOOD})), "--secrets", "nowhere")
    assert done.returncode == 1
    assert done.stderr == "error: nowhere: No such file or directory (it was given as the place of the secrets)\n"


def test_input_that_nests_without_end_is_wrong_use(person: Any, write_workflow: WriteWorkflow) -> None:
    (person.folder / "deep.json").write_text(DEEP)
    done = person.run("run", str(write_workflow({"a": GOOD})), "--input", "deep.json")
    assert done.returncode == 2
    assert done.stderr.startswith("error: deep.json is not JSON: depth limit exceeded")
    assert len(done.stderr) < 300


def test_requests_that_are_not_right_are_refused_and_the_engine_goes_on(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    engine = start("serve", write_workflow({"a": GOOD}, extra="config: {timeout: 1h}"))
    said = {"Content-Type": "application/json"}
    for body, complaint in (("{", "unexpected end of data"), (DEEP, "depth limit"), (b'"\xff"', "UTF-8"), ("NaN", "")):
        answer = engine.ask("POST", "/run", body, said)
        assert answer.status == 400
        assert answer.json["error"].startswith("the body is not JSON: ")
        assert complaint in answer.json["error"]
    deepest = "[" * 1000 + "]" * 1000
    failed = engine.ask("POST", "/run", deepest, said)
    assert failed.status == 500
    assert "nests deeper than 250 levels" in failed.json["errors"]["a"]
    assert engine.run("still there").outputs == {"a": "still there"}
    assert engine.metric("pipedreamer_worker_restarts_total") == 0


@pytest.mark.parametrize("head", [f"Content-Length: {GIBIBYTE}", "Transfer-Encoding: chunked"])
def test_a_body_of_a_gibibyte_is_refused_and_never_held(
    write_workflow: WriteWorkflow, start: StartEngine, head: str
) -> None:
    engine = start("serve", write_workflow({"a": GOOD}))
    assert engine.run().status == 200
    before = peak_memory(engine)
    answer = upload(engine, head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"the body is larger than 10485760 bytes; send less" in answer
    assert peak_memory(engine) - before < 48 * 1024 * 1024
    assert engine.run(1).outputs == {"a": 1}


def upload(engine: Engine, head: str) -> bytes:
    """The answer to a body of a gibibyte, or of as much of it as the engine takes."""
    chunked = b"%x\r\n" % PIECE + bytes(PIECE) + b"\r\n" if "chunked" in head else bytes(PIECE)
    with socket.create_connection(("127.0.0.1", engine.port), timeout=PATIENCE) as caller:
        caller.sendall(f"POST /run HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())

        def send() -> None:
            try:
                for _ in range(GIBIBYTE // PIECE):
                    caller.sendall(chunked)
            except OSError:
                pass  # refused in the middle, as it should be

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        answer = b""
        while b"send less" not in answer and (piece := caller.recv(65536)):
            answer += piece
        caller.shutdown(socket.SHUT_RDWR)
        sender.join(PATIENCE)
        assert not sender.is_alive()
    return answer


def peak_memory(engine: Engine) -> int:
    """The most memory that the engine's own process has had so far, in bytes."""
    status = Path(f"/proc/{engine.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def test_a_node_that_returns_what_cannot_be_is_told_and_the_engine_goes_on(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    odd = """\
        import math

        def run(ctx, input):
            itself = []
            itself.append(itself)
            return {"loop": itself, "nan": math.nan, "set": {1}, "huge": 2**70, "fine": 1}[input]
    """
    engine = start("serve", write_workflow({"odd": odd}))
    for given in ("loop", "nan", "set", "huge"):
        failed = engine.run(given)
        assert failed.status == 500, given
        assert failed.json["errors"]["odd"].startswith("the value that was returned is not JSON: output"), given
    assert engine.run("fine").outputs == {"odd": 1}


def test_a_folder_that_is_removed_under_an_engine_stops_no_run(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    folder = write_workflow({"a": GOOD})
    engine = start("serve", folder)
    shutil.rmtree(folder)
    assert engine.run(1).outputs == {"a": 1}
