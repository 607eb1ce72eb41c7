"""The servers that are measured over HTTP: `pipedreamer serve`, and the ceiling."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from benchmarks import processes

ROOT = Path(__file__).parent.parent
PROGRAM = Path(sys.executable).parent / "pipedreamer"
WORD_COUNTER = ROOT / "examples" / "word-counter"
TYPESCRIPT = ROOT / "benchmarks" / "word-counter-typescript"
BODY = b'{"text": "the quick brown fox jumps over the lazy dog again"}'
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Server:
    """One that has answered its first `/run`, `started_ms` after it was started."""

    port: int
    pid: int
    started_ms: float

    def layers(self) -> str:
        """What the engine says of its sandbox on this machine."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=10) as answer:
            layers: dict[str, str] = json.load(answer)["layers"]
        return ", ".join(f"{name} {state}" for name, state in layers.items())

    @contextlib.contextmanager
    def caller(self) -> Iterator["Caller"]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            yield Caller(connection)


@dataclass(frozen=True, slots=True)
class Caller:
    """A client with one connection that is kept."""

    connection: http.client.HTTPConnection

    def run_ms(self, body: bytes, *, durable: bool = False) -> float:
        """How long a run takes as its caller sees it."""
        headers = {"idempotency-key": uuid.uuid4().hex} if durable else {}
        began = time.perf_counter()
        self.run(body, headers)
        return (time.perf_counter() - began) * 1000

    def run(self, body: bytes, headers: Mapping[str, str] = MappingProxyType({})) -> bytes:
        self.connection.request("POST", "/run", body, dict(headers))
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"/run answered {answer.status}: {text[:300].decode(errors='replace')}")
        return text

    def outputs(self, body: bytes) -> dict[str, Any]:
        """What the nodes of a run returned."""
        outputs: dict[str, Any] = json.loads(self.run(body))["outputs"]
        return outputs


@contextlib.contextmanager
def ceiling() -> Iterator[Server]:
    port = free_port()
    with _serving([sys.executable, "-m", "benchmarks.ceiling", str(port)], port, BODY) as server:
        yield server


@contextlib.contextmanager
def served(folder: Path, *options: str, body: bytes = BODY) -> Iterator[Server]:
    """`pipedreamer serve` of a folder; `body` is what its first run gets."""
    port = free_port()
    with _serving([PROGRAM, "serve", folder, "--port", str(port), *options], port, body) as server:
        yield server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _serving(command: Sequence[str | Path], port: int, body: bytes) -> Iterator[Server]:
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile() as log,
        processes.running(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log) as process,
    ):
        while not _answers(port, body):
            if process.poll() is not None:
                raise RuntimeError(f"{command[1]} ended with {process.returncode} before it answered: {_end_of(log)}")
            if time.perf_counter() - began > _START_SECONDS:
                raise RuntimeError(f"{command[1]} did not answer within {_START_SECONDS} s: {_end_of(log)}")
            time.sleep(0.002)
        yield Server(port, process.pid, (time.perf_counter() - began) * 1000)


def _answers(port: int, body: bytes) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        try:
            connection.connect()
        except OSError:
            return False
        Caller(connection).run(body)
        return True


def _end_of(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read()[-500:].decode(errors="replace").strip()
