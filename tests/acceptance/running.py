"""`serve` and `dev` while they run: where they answer, what they write, and which processes they have."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

PATIENCE = 60
"""How long anything is waited for before the test fails, in seconds; nothing takes nearly as long."""
ADDRESS = re.compile(r"http://[^\s\"/]+:(\d+)\b")


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def outputs(self) -> Any:
        """The nodes' outputs of a run that succeeded."""
        assert self.status == 200, self.body
        return self.json["outputs"]


@dataclass(frozen=True)
class Process:
    """A process for as long as it lives: another one of the same number began at another time."""

    pid: int
    began: int
    parent: int = field(compare=False)
    session: int = field(compare=False)

    @property
    def alive(self) -> bool:
        return read_process(self.pid) == self

    @property
    def descendants(self) -> set["Process"]:
        """Its children and theirs. A worker leads no session, so those whose parent has died are found by theirs."""
        everyone = all_processes()
        children = {one for one in everyone if one.parent == self.pid}
        sessions = {child.pid for child in children}
        return children | {one for one in everyone if one.session in sessions}


def read_process(pid: int) -> Process | None:
    """What the kernel knows of a process; None where it has ended, also when nobody has taken notice yet."""
    try:
        state, parent, _, session, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if state == "Z" else Process(pid, int(rest[15]), int(parent), int(session))


def all_processes() -> set[Process]:
    found = (read_process(int(name)) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - names only
    return {one for one in found if one is not None}


def eventually(holds: Callable[[], Any], what: str | Callable[[], str] = "what was waited for") -> Any:
    """Wait until `holds` gives something true, and return that."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError(f"in {PATIENCE} s it did not come to {what if isinstance(what, str) else what()}")


class Engine:
    """One started `serve` or `dev`."""

    def __init__(self, child: subprocess.Popen[bytes], logs: Path) -> None:
        self.child = child
        self._logs = logs
        self._found = eventually(self._started, "an address")
        self.port = int(self._found[1])
        process = read_process(child.pid)
        assert process is not None
        self.process = process

    @property
    def out(self) -> str:
        return (self._logs / "out").read_text()

    @property
    def err(self) -> str:
        return (self._logs / "err").read_text()

    @property
    def records(self) -> list[dict[str, Any]]:
        """The JSON lines of its log, stdout's first."""
        return [json.loads(line) for line in (self.out + self.err).splitlines()]

    @property
    def zygote(self) -> Process:
        (found,) = [one for one in all_processes() if one.parent == self.process.pid]
        return found

    @property
    def workers(self) -> set[Process]:
        zygote = self.zygote
        return {one for one in self.process.descendants if one.parent not in (self.process.pid, zygote.pid)}

    def says(self, text: str, times: int = 1) -> None:
        """Wait until a text has been written so often."""
        eventually(
            lambda: (self.out + self.err).count(text) >= times,
            lambda: f"{times} times {text!r} in this:\n{self.out}{self.err}",
        )

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def run(self, given: Any = None) -> Answer:
        """The answer to `POST /run` with a JSON value."""
        return self.ask("POST", "/run", json.dumps({} if given is None else given))

    def metric(self, name: str) -> float:
        """A figure of `/metrics`, by its name with labels."""
        (value,) = re.findall(rf"^{re.escape(name)} (\S+)$", self.ask("GET", "/metrics").body.decode(), re.MULTILINE)
        return float(value)

    def call(self, given: Any = None) -> "Caller":
        """Somebody who waits for a run."""
        caller = Caller(self, given)
        caller.start()
        return caller

    def signal(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self.child.wait(PATIENCE)

    def _started(self) -> Any:
        written = self.out + self.err
        assert self.child.poll() is None, f"ended with {self.child.returncode}: {written}"
        return ADDRESS.search(written)


class Caller(threading.Thread):
    """Waits for the answer to a run, beside the test."""

    def __init__(self, engine: Engine, given: Any) -> None:
        super().__init__(daemon=True)
        self._engine = engine
        self._given = given
        self._answer: Answer | None = None
        self._why_none = "no answer came in time"

    def run(self) -> None:
        try:
            self._answer = self._engine.run(self._given)
        except (OSError, HTTPException) as error:  # where the engine is killed nobody answers
            self._why_none = repr(error)

    def answered(self) -> Answer:
        """Wait for the answer."""
        self.join(PATIENCE)
        assert self._answer is not None, self._why_none
        return self._answer


StartEngine = Callable[..., Engine]


@contextmanager
def starting(person: Any, scratch: Path) -> Iterator[StartEngine]:
    """A function that starts engines: `start("serve", "flow", "--workers", "1")`; they end with the block.

    `folder` is where it is typed, `logs` the folder for its output, `err` an open file in place of its stderr, `env`
    has more variables.
    """
    started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(
        *words: str | Path,
        folder: Path | None = None,
        logs: Path | None = None,
        err: Any = None,
        env: Mapping[str, str] | None = None,
    ) -> Engine:
        place = logs or scratch / f"engine-{len(started)}"
        place.mkdir(parents=True)
        arguments = [str(word) for word in words]
        with (place / "out").open("wb") as stdout, (place / "err").open("wb") as stderr:
            child = subprocess.Popen(
                [person.program, *arguments, "--port", "0"],
                cwd=folder or person.folder,
                env=person.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=err or stderr,
            )
        started.append((child, place))
        return Engine(child, place)

    try:
        yield start
    finally:
        for child, _ in started:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill it; the kernel ends its workers with it, and what is left all the same is ended here."""
    process = read_process(child.pid)
    family = process.descendants if process is not None and child.poll() is None else set()
    child.kill()
    child.wait()
    for one in family:
        if one.alive:
            with suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody listens at, and that nobody else is given in the meantime."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
