"""One run of a folder: started, run, ended, with a limit on the whole."""

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipedreamer.errors import PipedreamerError, UsageError
from pipedreamer.project import open_project
from pipedreamer.project.packages import environment
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.runtime.json_input import parse_json
from pipedreamer.runtime.layers import Demand
from pipedreamer.runtime.live import LiveWorkflow, Means
from pipedreamer.runtime.logs import LogSink
from pipedreamer.runtime.settings import Sources
from pipedreamer.sandbox.zygote import Zygote
from pipedreamer.testing.runs import check_input


@dataclass(frozen=True, slots=True)
class SingleRun:
    """What to run."""

    folder: Path
    sources: Sources
    log: LogSink
    warn: Callable[[str], None]
    allow_build: bool = False
    demand: Demand = "best-effort"

    async def run(self, given: bytes, seconds: float, zygote: Zygote) -> tuple[bytes, bool]:
        """The answer as masked JSON, and whether the run succeeded."""
        means = Means(
            sources=self.sources,
            broker=lambda secrets, allowed: HttpBroker(secrets, permissions=allowed),
            packages=lambda root: environment(root, self.allow_build, say=self.warn),
            log=self.log,
            warn=self.warn,
            capacity=Capacity(workers=1, running=1, waiting=0),
            demand=self.demand,
        )
        project = open_project(self.folder)
        check_input(project, given)
        async with LiveWorkflow(project, means, zygote) as live:
            try:
                result = await asyncio.wait_for(live.session.execute(given), seconds)
            except TimeoutError:
                raise PipedreamerError(f"the run did not end within {seconds:g} s; --timeout sets that limit") from None
            return result.to_json(live.mask), result.success


def read_input(given: str) -> bytes:
    """The input that a person means, checked: JSON text, `@file`, a path of a file that is there, or `-` for stdin."""
    if given == "-":
        return _checked(sys.stdin.buffer.read(), "stdin is not JSON")
    if given.startswith("@") or os.path.isfile(given):  # noqa: PTH113 - Path.is_file raises for JSON of some length
        path = Path(given.removeprefix("@"))
        try:
            return _checked(path.read_bytes(), f"{path} is not JSON")
        except OSError as error:
            raise UsageError(f"--input {path}: {error.strerror}") from error
    return _checked(os.fsencode(given), "--input is neither JSON nor a file that is there")


def _checked(text: bytes, complaint: str) -> bytes:
    """The text, `{}` for none; UsageError where it is not JSON."""
    try:
        parse_json(text or b"{}")
    except ValueError as error:
        raise UsageError(f"{complaint}: {error}; --input takes JSON, @file or -") from error
    return text or b"{}"
