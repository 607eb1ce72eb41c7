"""Where tests run: one thing after another, each in a worker process of its own, amid what its scene gives."""

from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final, Self

from pipedreamer.authoring import FetchError
from pipedreamer.project import Project
from pipedreamer.runtime.assembly import Assembly, Part
from pipedreamer.runtime.broker import Answer, Broker
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.pooled_run import RunnablePlan
from pipedreamer.runtime.result import RunResult
from pipedreamer.runtime.session import Session, Surroundings
from pipedreamer.sandbox.connects import ClosedGateway, Gateway
from pipedreamer.sandbox.lock.policy import Policy
from pipedreamer.sandbox.protocol import Code, Fetch, Observed
from pipedreamer.sandbox.zygote import Zygote

LINES: Final = 1000
"""Of a node that writes more only the last lines are kept."""


class Nobody:
    """A broker that answers nothing."""

    def open(self, request: Fetch, _worker: object = None, /) -> AbstractAsyncContextManager[Answer]:
        raise FetchError(f"nobody answers {request.path}")

    async def close(self) -> None:
        return


@dataclass(frozen=True, slots=True)
class Scene:
    """What is around a run: settings as nodes see them, files that answer reads, who answers fetches.

    `masked` are all secrets, those that nodes do not see too: no log and no error shows their values.
    """

    config: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    masked: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    broker: Broker = field(default_factory=Nobody)
    gateway: Gateway = field(default_factory=ClosedGateway)


_EMPTY: Final = Scene()


class Bench:
    """Use it as an async context manager. `lines` has what the run under way, or the last one, wrote."""

    def __init__(
        self, project: Project, zygote: Zygote | None = None, observed: Callable[[int, Observed], None] | None = None
    ) -> None:
        self._root = project.root
        self._scene = _EMPTY
        self._mask = Mask({})
        self.lines: deque[NodeLine] = deque(maxlen=LINES)
        around = Surroundings(
            broker=self,
            mask=lambda: self._mask,
            log=lambda line: self.lines.append(line),
            capacity=Capacity(workers=1, running=1, waiting=0),
            gateway=lambda: self._scene.gateway,
            observed=observed,
        )
        self._session = Session(_nothing(project), _EMPTY, around, zygote)

    async def __aenter__(self) -> Self:
        await self._session.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def run(
        self, assembly: Assembly, given: bytes, scene: Scene, run_id: str | None = None
    ) -> tuple[RunResult, float]:
        """What came of it, and the seconds it took, loading the code not counted.

        A fresh process each time: nothing that one test leaves behind can help or hinder another, and modules that
        read files or settings on import read this scene's. Raises NodeLoadError and SandboxError.
        """
        self.lines.clear()
        self._scene, self._mask = scene, Mask(scene.masked)
        self._session.apply(scene, _both_ways(scene.files, self._root))
        await self._session.reload(assembly)
        began = perf_counter()
        result = await self._session.execute(given, run_id=run_id)
        seconds = perf_counter() - began
        self._session.apply(_EMPTY)  # the worker gives up its copies of the files
        return result, seconds

    # The session has one broker for its life: this one, which asks the scene's.

    def open(self, request: Fetch, worker: object = None, /) -> AbstractAsyncContextManager[Answer]:
        return self._scene.broker.open(request, worker)

    async def close(self) -> None:
        await self._scene.broker.close()


def _both_ways(files: dict[str, str], root: Path) -> dict[str, str]:
    """A path relative to the workflow's folder answers under its absolute name too."""
    return {**{str(root / path): content for path, content in files.items()}, **files}


def _nothing(project: Project) -> Assembly:
    """No code at all: the workers that wait for the first test."""
    workflow = project.workflow
    code = Code(root=str(project.root), nodes=(), stages=())
    part = Part(code, Policy(whole=(str(project.root),)))
    return Assembly(workflow.name, RunnablePlan(workflow.version, (), 0), {"python": part}, (), ())
