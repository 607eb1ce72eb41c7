"""Real Deno workers, driven frame by frame as the engine does it."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import deno
import msgspec

import pipedreamer.sandbox
from pipedreamer.sandbox.flight import RunningAttempt
from pipedreamer.sandbox.framing import HEAD, Unpacker
from pipedreamer.sandbox.ledger import Ledger
from pipedreamer.sandbox.protocol import (
    Code,
    Fetch,
    LoadFailed,
    LogLine,
    Message,
    NodeCode,
    Outcome,
    Ready,
    Run,
    Settings,
    Stuck,
    ToEngine,
    ToWorker,
)

DENO: str = deno.find_deno_bin()
WORKER = Path(pipedreamer.sandbox.__file__).parent / "deno"
PATIENCE_S = 60.0
_M = TypeVar("_M")


@dataclass
class Heard:
    """What a worker said during a run, in order."""

    messages: list[Any] = field(default_factory=list)

    def of(self, kind: type[_M]) -> list[_M]:
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def outputs(self) -> dict[int, Any]:
        return {one.node: json.loads(one.value) for one in self.of(Outcome) if one.state == "ok"}

    @property
    def errors(self) -> dict[int, str]:
        return {one.node: one.value.decode() for one in self.of(Outcome) if one.state == "failed"}

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [(one.level, one.message) for one in self.of(LogLine)]

    @property
    def output(self) -> Any:
        """What the only node returned."""
        assert self.errors == {}
        return self.outputs[0]


class DenoWorker:
    """A worker process and the engine's end of its socket; `now_ns` is what its monotonic clock shows at its start."""

    def __init__(self, root: Path, *flags: str, now_ns: int | None = None) -> None:
        self.root = root
        ours, theirs = socket.socketpair()
        ours.settimeout(PATIENCE_S)
        self.socket = ours
        imports = root / ".imports.json"
        imports.write_text(json.dumps({"imports": {"pipedreamer": (WORKER / "pipedreamer.ts").as_uri()}}))
        sheet = root / ".sheet"
        self.sheet = os.open(sheet, os.O_CREAT | os.O_RDWR)
        offset = (time.monotonic_ns() if now_ns is None else now_ns) - time.time_ns()
        self.process = subprocess.Popen(
            [
                DENO, "run", "--quiet", "--no-prompt", "--no-config", "--cached-only", "--node-modules-dir=none",
                "--no-lock", f"--import-map={imports}", f"--allow-read={root}", "--ignore-env", "--deny-run",
                f"--allow-write={sheet}", "--deny-ffi", "--deny-sys", *flags,
                str(WORKER / "main.ts"), str(offset), str(sheet),
            ],
            stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.PIPE,
        )  # fmt: skip
        theirs.close()
        self._unpacker = Unpacker(ToEngine)
        self._waiting: list[Any] = []
        self.answer: Callable[[Fetch], list[ToWorker]] | None = None

    def __enter__(self) -> "DenoWorker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.socket.close()
        os.close(self.sheet)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def send(self, *messages: Message) -> None:
        """All of them in one write."""
        bodies = [msgspec.msgpack.encode(message) for message in messages]
        self.socket.sendall(b"".join(HEAD.pack(len(body)) + body for body in bodies))

    def next(self) -> Any:
        """The next message; fails where none comes."""
        while not self._waiting:
            data = self.socket.recv(1 << 18)
            if not data:
                raise EOFError(self.stray())
            self._waiting.extend(self._unpacker.feed(data))
        return self._waiting.pop(0)

    def messages(self) -> Iterator[Any]:
        """Those that come, until none has come for as long as the socket waits."""
        with suppress(TimeoutError):
            while True:
                yield self.next()

    def until(self, is_it: Callable[[Any], bool]) -> Heard:
        """What is said up to and with such a message; fetches are answered by `answer`."""
        heard = Heard()
        while True:
            message = self.next()
            heard.messages.append(message)
            if isinstance(message, Fetch) and self.answer is not None:
                self.send(*self.answer(message))
            if is_it(message):
                return heard
            # The engine would end it; here it would go on for ever.
            assert not isinstance(message, Stuck), heard.messages

    def load(self, *nodes: NodeCode, stages: tuple[tuple[int, ...], ...] | None = None, **settings: Any) -> Any:
        """`Ready` or `LoadFailed`, and what was said before it."""
        self.send(*self.code(*nodes, stages=stages, **settings))
        return self.until(lambda message: isinstance(message, Ready | LoadFailed))

    def code(
        self, *nodes: NodeCode, stages: tuple[tuple[int, ...], ...] | None = None, **settings: Any
    ) -> list[Message]:
        """What a worker gets first."""
        config, secrets = (json.dumps(settings.get(key, {})).encode() for key in ("config", "secrets"))
        plan = stages or tuple((index,) for index in range(len(nodes)))
        return [Settings(config, secrets, settings.get("files", {})), Code(str(self.root), nodes, plan, jitter=False)]

    def run(self, value: Any = None, run: int = 1, **more: Any) -> Heard:
        """Run the plan to its end."""
        self.send(Run(run, "the-run", json.dumps({} if value is None else value).encode(), **more))
        return self.until(lambda message: isinstance(message, Outcome) and message.run == run and message.last)

    def noted(self) -> list[RunningAttempt]:
        """The attempts that it has written down since its loop turned."""
        return Ledger(self.sheet, lambda _: True).running()

    def hang_up(self) -> int:
        """The exit code after it."""
        self.socket.shutdown(socket.SHUT_WR)
        return self.process.wait(PATIENCE_S)

    def stray(self) -> str:
        """All that reached descriptor 2; ends the process."""
        self.process.kill()
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()
