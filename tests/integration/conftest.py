"""Sessions with real worker processes, whose log lines are kept in a list; and a PostgreSQL that tests share."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration import postgresql

from pipedreamer.authoring import FetchError
from pipedreamer.project import open_project
from pipedreamer.runtime.assembly import Part, assemble
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.result import RunResult
from pipedreamer.runtime.session import Session, Surroundings
from pipedreamer.runtime.settings import Settings
from pipedreamer.sandbox.connects import ClosedGateway, Gateway
from pipedreamer.sandbox.protocol import Fetch


class NoNetwork:
    """A broker that answers nothing."""

    def open(self, request: Fetch, _worker: object = None, /) -> Any:
        raise FetchError(f"no network for {request.path}")

    async def close(self) -> None:
        return


@dataclass
class Bench:
    """A started session, and what its nodes wrote."""

    session: Session
    lines: list[NodeLine] = field(default_factory=list)

    async def run(self, value: Any = None) -> RunResult:
        return await self.session.execute(json.dumps({} if value is None else value).encode())


StartSession = Callable[..., Any]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a PostgreSQL that lets everyone in."""
    with postgresql.running(tmp_path_factory.mktemp("postgres")) as server:
        yield server.port


@pytest.fixture
async def start_session() -> AsyncIterator[StartSession]:
    async with AsyncExitStack() as stack:

        async def start(
            folder: Path,
            capacity: Capacity | None = None,
            settings: Settings | None = None,
            broker: Any = None,
            site: Path | None = None,
            gateway: Callable[[], Gateway] = ClosedGateway,
            memory: int | None = None,
            notify: bool = True,
            namespaces: bool = True,
            hear: Callable[[NodeLine], None] = lambda _: None,
            all_start: bool = True,
            traces: Any = None,
        ) -> Bench:
            values = settings or Settings(config={}, secrets={})
            lines: list[NodeLine] = []

            def log(line: NodeLine) -> None:
                lines.append(line)
                hear(line)

            around = Surroundings(
                broker=broker or NoNetwork(),
                mask=lambda: Mask(values.secrets),
                log=log,
                capacity=capacity or Capacity(workers=2, running=64),
                gateway=gateway,
                traces=traces,
            )
            assembly = assemble(open_project(folder), site, jitter=False)

            # What nodes leave beside the folder, tests look at.
            def changed(part: Part) -> Part:
                policy = msgspec.structs.replace(
                    part.policy,
                    write=(str(folder.parent),),
                    memory=memory or part.policy.memory,
                    notify=notify,
                    namespaces=namespaces,
                )
                return dataclasses.replace(part, policy=policy)

            session = Session(assembly.with_parts(changed), values, around)
            await stack.enter_async_context(session)
            async with asyncio.timeout(30):
                while all_start and session.workers < around.capacity.workers * len(assembly.parts):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
            return Bench(session, lines)

        yield start
