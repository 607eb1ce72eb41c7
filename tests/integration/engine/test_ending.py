"""How the engine ends on a signal, as a process of its own."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import pytest

PROGRAM = Path(__file__).with_name("held_engine.py")
SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@dataclass
class Process:
    """The engine's process, and runs that callers wait for."""

    child: subprocess.Popen[str]
    port: int

    def says(self) -> str:
        assert self.child.stdout is not None
        return self.child.stdout.readline().strip()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, None if body is None else orjson.dumps(body))
            answer = connection.getresponse()
            return (
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                orjson.loads(answer.read()),
            )
        finally:
            connection.close()

    def hold(self, until: Path) -> "Caller":
        """A caller whose run has begun and ends when `until` is there."""
        caller = Caller(self, until)
        caller.start()
        assert self.says() == "run"
        return caller

    def drain(self, number: signal.Signals) -> None:
        """Send the signal and wait until the engine has taken it."""
        self.child.send_signal(number)
        while self.ask("GET", "/ready")[0] == 200:
            pass

    def ended(self) -> tuple[int, str, str]:
        """The exit code, and what else it wrote to stdout and stderr."""
        out, err = self.child.communicate(timeout=30)
        return self.child.returncode, out, err


class Caller(threading.Thread):
    """Posts a run and keeps the answer."""

    answer: tuple[int, dict[str, str], Any]

    def __init__(self, process: Process, until: Path) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._until = until

    def run(self) -> None:
        self.answer = self._process.ask("POST", "/run", {"until": str(self._until)})

    def wait(self) -> tuple[int, dict[str, str], Any]:
        self.join(30)
        return self.answer


StartProcess = Callable[..., Process]


@pytest.fixture
def start_process() -> Iterator[StartProcess]:
    with ExitStack() as stack:

        def start(drain_seconds: float = 10_000) -> Process:
            child = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(PROGRAM), str(drain_seconds)],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(child.kill)
            assert child.stdout is not None
            return Process(child, int(child.stdout.readline()))

        yield start


@SIGNALS
def test_a_signal_ends_an_idle_engine_with_code_0_and_no_word(
    start_process: StartProcess, number: signal.Signals
) -> None:
    process = start_process()
    assert process.ask("POST", "/run", {})[0] == 200
    assert process.says() == "run"
    process.child.send_signal(number)
    assert process.ended() == (0, "served\n", "")


@SIGNALS
def test_runs_under_way_are_finished_and_new_ones_refused(
    start_process: StartProcess, number: signal.Signals, tmp_path: Path
) -> None:
    process = start_process()
    caller = process.hold(tmp_path / "go")
    process.drain(number)
    status, headers, answer = process.ask("GET", "/ready")
    assert (status, answer["status"]) == (503, "stopping")
    status, headers, answer = process.ask("POST", "/run", {})
    assert (status, headers["retry-after"], headers["connection"]) == (503, "1", "close")
    assert "stopping" in answer["error"]
    assert process.ask("GET", "/health")[0] == 200
    (tmp_path / "go").touch()
    status, headers, answer = caller.wait()
    assert (status, headers["connection"], answer["success"]) == (200, "close", True)
    assert process.ended() == (0, "served\n", "")


def test_a_body_that_arrives_while_draining_starts_no_run(start_process: StartProcess, tmp_path: Path) -> None:
    process = start_process()
    caller = process.hold(tmp_path / "go")
    with socket.create_connection(("127.0.0.1", process.port), timeout=30) as upload:
        upload.sendall(b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
        assert process.ask("GET", "/health")[0] == 200  # by now the engine has read that
        process.drain(signal.SIGTERM)
        upload.sendall(b"}")
        assert upload.recv(65536).startswith(b"HTTP/1.1 503 ")
    (tmp_path / "go").touch()
    assert caller.wait()[0] == 200
    assert process.ended() == (0, "served\n", "")


def test_past_the_limit_runs_are_cut_off_and_their_callers_told(start_process: StartProcess, tmp_path: Path) -> None:
    process = start_process(drain_seconds=0.2)
    callers = [process.hold(tmp_path / "never") for _ in range(3)]
    process.child.send_signal(signal.SIGTERM)
    for caller in callers:
        status, headers, answer = caller.wait()
        assert (status, headers["retry-after"]) == (503, "1")
        assert "stopped before the run ended" in answer["error"]
    code, out, err = process.ended()
    assert (code, out) == (0, "served\n")
    assert err == "stopping with 3 runs not ended; their callers are told\n"


@SIGNALS
def test_a_second_signal_ends_at_once(start_process: StartProcess, number: signal.Signals, tmp_path: Path) -> None:
    process = start_process()
    caller = process.hold(tmp_path / "never")
    process.drain(number)
    process.child.send_signal(number)
    assert caller.wait()[0] == 503
    assert process.ended()[:2] == (0, "served\n")


def test_an_idle_connection_and_a_slow_upload_do_not_hold_the_end(start_process: StartProcess) -> None:
    process = start_process(drain_seconds=0.2)
    address = ("127.0.0.1", process.port)
    with socket.create_connection(address, timeout=30) as idle, socket.create_connection(address, timeout=30) as slow:
        slow.sendall(b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        assert process.ask("GET", "/health")[0] == 200  # by now the engine has read that
        process.child.send_signal(signal.SIGTERM)
        assert idle.recv(65536) == b""
        assert slow.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert process.ended() == (0, "served\n", "")
