"""Runs tests one after the other; whatever a node does, the next test is run."""

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipedreamer.errors import PipedreamerError
from pipedreamer.project import Project
from pipedreamer.project.modules import Imports
from pipedreamer.runtime.assembly import Assembly, assemble
from pipedreamer.runtime.broker import Broker
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.permitted_secrets import visible_secrets
from pipedreamer.runtime.settings import Settings
from pipedreamer.sandbox.connects import Gateway
from pipedreamer.sandbox.zygote import Zygote
from pipedreamer.testing.absence import ABSENT
from pipedreamer.testing.asked import asked_lines
from pipedreamer.testing.bench import Bench, Scene
from pipedreamer.testing.fixture import Fixture
from pipedreamer.testing.mock_broker import MockBroker
from pipedreamer.testing.opening import Subject
from pipedreamer.testing.outcome import Outcome
from pipedreamer.testing.runs import RUN_ID, check_input, mock_scene, node_assembly
from pipedreamer.testing.trials import Trial
from pipedreamer.testing.verdict import reasons, told

NOT_COMPARED: Final = "what is expected depends on mocks: not compared"


@dataclass(frozen=True, slots=True)
class Live:
    """The real surroundings, in place of the mocks of every fixture."""

    settings: Settings
    broker: Broker
    gateway: Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """How tests are run: `site` has the workflow's packages; without `live` everything around a node is mocked.

    `imports` are what its TypeScript nodes import, where that was looked for before. `bench` makes where they run.
    """

    subject: Subject
    site: Path | None = None
    imports: Imports | None = None
    live: Live | None = None
    bench: Callable[[Project, Zygote | None], Bench] = Bench

    async def run(self, trials: Iterable[Trial], zygote: Zygote | None = None) -> AsyncGenerator[Outcome, None]:
        """The outcomes, each as soon as it is there. Raises SandboxError where no worker process can be started."""
        imports = self.imports or Imports(self.subject.project.root)
        async with self.bench(self.subject.project, zygote) as bench:
            for trial in trials:
                if trial.trouble:
                    yield Outcome(node=trial.label, fixture=trial.name, status="failed", reasons=(trial.trouble,))
                elif trial.fixture is None:
                    yield Outcome(node=trial.label, fixture=trial.name, status="no fixtures")
                else:
                    yield await self._try(bench, trial, trial.fixture, imports)

    async def _try(self, bench: Bench, trial: Trial, fixture: Fixture, imports: Imports) -> Outcome:
        scene, mocks = self._surroundings(fixture)
        mask = Mask(scene.masked)
        is_compared = mocks is not None or not fixture.is_faked or fixture.expected is ABSENT
        if not is_compared:
            fixture = fixture.without_expectation()
        seconds = 0.0
        bench.lines.clear()
        try:
            assembly = self._assembly(trial, fixture, imports)
            result, seconds = await bench.run(assembly, fixture.input, scene, RUN_ID if mocks else None)
            wrong = reasons(result, fixture, trial.node, mask)
        except PipedreamerError as error:
            wrong = (told(str(error), mask),)
        return Outcome(
            node=trial.label,
            fixture=trial.name,
            status="failed" if wrong else "ok",
            seconds=seconds,
            reasons=wrong,
            log=tuple(f"[{line.node or 'workflow'}] {line.level.upper()} {line.message}" for line in bench.lines),
            asked=asked_lines(mocks, mask) if mocks else (),
            note="" if is_compared else NOT_COMPARED,
        )

    def _surroundings(self, fixture: Fixture) -> tuple[Scene, MockBroker | None]:
        if self.live is None:
            return mock_scene(self.subject.project, fixture.mocks)
        settings, permissions = self.live.settings, self.subject.project.workflow.permissions
        return Scene(
            config=settings.config,
            secrets=visible_secrets(settings.secrets, permissions),
            masked=settings.secrets,
            broker=self.live.broker,
            gateway=self.live.gateway,
        ), None

    def _assembly(self, trial: Trial, fixture: Fixture, imports: Imports) -> Assembly:
        project = self.subject.project
        if trial.node is None:
            check_input(project, fixture.input)
            return assemble(project, self.site, imports, jitter=False)
        if self.live is None:
            return node_assembly(project, trial.node, self.site, imports)
        return assemble(project, self.site, imports, only=trial.node)
