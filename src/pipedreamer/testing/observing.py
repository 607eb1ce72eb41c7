"""Runs nodes while they are watched: with nothing of the outside open at first, and again as they ask for more."""

import os
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from pipedreamer.errors import PipedreamerError
from pipedreamer.project import Project
from pipedreamer.runtime.assembly import Assembly, assemble
from pipedreamer.runtime.broker import Broker
from pipedreamer.runtime.languages import everyones
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.observing import Findings, Opener, Sighting, Watch, lent
from pipedreamer.runtime.observing.findings import UNSEEN_LIBRARY
from pipedreamer.runtime.observing.network import NotedBroker, NotedGateway
from pipedreamer.runtime.result import RunResult
from pipedreamer.runtime.settings import Settings
from pipedreamer.sandbox.protocol import Observe
from pipedreamer.sandbox.zygote import Zygote
from pipedreamer.spec import Permissions
from pipedreamer.testing.bench import Bench, Scene
from pipedreamer.testing.opening import Subject
from pipedreamer.testing.outcome import Outcome
from pipedreamer.testing.suite import Suite
from pipedreamer.testing.trials import Trial
from pipedreamer.testing.verdict import told

MOST_TRIES: Final = 30
MOST_MEMORY: Final = 4 << 30
_A_PATH = re.compile(r"(?<![\w./:])/[^\s'\"<>|:;,)\]]+")


@dataclass(slots=True)
class Observation:
    """One workflow while it is watched: its nodes may do more than is declared, and `findings` has what they asked for.

    Reading what is declared is open from the beginning with `is_live` alone: a real node should not run twice for it.
    """

    subject: Subject
    site: Path | None = None
    is_live: bool = False
    watch: Watch = field(default_factory=Watch)
    opener: Opener = field(init=False)
    findings: Findings = field(init=False)

    def __post_init__(self) -> None:
        before = self.declared.read if self.is_live else ()
        project = self.subject.project
        mine = {node: everyones(project.language(node), self.site) for node in project.workflow.nodes}
        self.opener = Opener(project.root, mine, (*before, *self.declared.write))
        self.findings = Findings(self.declared, self.opener, os.environ)

    @property
    def declared(self) -> Permissions:
        return self.subject.project.workflow.permissions

    @property
    def block(self) -> Permissions:
        """The smallest block for what was seen so far."""
        return self.findings.block(self.watch.peaks)

    async def fixtures(self, trials: Iterable[Trial], zygote: Zygote | None = None) -> AsyncIterator[Outcome]:
        """Run tests of nodes; raises as `Suite.run`."""
        suite = Suite(subject=replace(self.subject, project=self._open_project), site=self.site, bench=self._bench)
        async for outcome in suite.run(trials, zygote):
            yield outcome

    async def confirmed(self, trials: Sequence[Trial]) -> AsyncIterator[Outcome]:
        """Run tests under the block that was found, unwatched."""
        project = _with_permissions(self.subject.project, self.block)
        async for outcome in Suite(subject=replace(self.subject, project=project), site=self.site).run(trials):
            yield outcome

    async def live(
        self, given: bytes, settings: Settings, broker: Broker, zygote: Zygote | None = None
    ) -> AsyncIterator[Outcome]:
        """Run the workflow, each node by itself so that it is known who asked; after a failure only what can be run."""
        scene = Scene(config=settings.config, secrets=settings.secrets, masked=settings.secrets, broker=broker)
        plan, outputs = self.subject.project.plan, dict[str, bytes]()
        run_id = uuid.uuid4().hex
        async with self._bench(self._open_project, zygote) as bench:
            for node_id in (node_id for stage in plan.stages for node_id in stage):
                parents = plan.parents[node_id]
                if all(parent in outputs for parent in parents):
                    assembly = assemble(self._open_project, self.site, only=node_id)
                    outcome, output = await _run(bench, assembly, _input(parents, outputs, given), scene, run_id)
                    if output is not None:
                        outputs[node_id] = output
                    yield outcome

    @property
    def _open_project(self) -> Project:
        declared = self.declared
        everything = Permissions(
            net="any",
            read=declared.read if self.is_live else (),
            write=declared.write,
            env=declared.env,
            memory=min(MOST_MEMORY, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2),
            declared=True,
        )
        return _with_permissions(self.subject.project, everything)

    def _bench(self, project: Project, zygote: Zygote | None) -> "WatchedBench":
        return WatchedBench(project, zygote, self)


class WatchedBench(Bench):
    """A bench whose runs are watched, and repeated as long as more is opened for them."""

    def __init__(self, project: Project, zygote: Zygote | None, observation: Observation) -> None:
        super().__init__(project, zygote, observed=observation.watch.observed)
        self._observation = observation

    async def run(
        self, assembly: Assembly, given: bytes, scene: Scene, run_id: str | None = None
    ) -> tuple[RunResult, float]:
        """As `Bench.run`, of a plan of one node; the outcome of the last try.

        With fixtures a node is tried until nothing more is to be opened. Otherwise only one that failed runs again,
        and none that must not.
        """
        observation, node = self._observation, assembly.plan.nodes[0]
        watch, scene = observation.watch, self._noted(scene)
        observe = Observe(lent(os.environ))
        (part,) = assembly.parts.values()
        data = part.policy.program.data if part.policy.program else 0
        assembly = assembly.with_parts(
            lambda part: replace(part, code=msgspec.structs.replace(part.code, observe=observe))
        )
        for further in reversed(range(MOST_TRIES)):
            watch.begin(node.id, data)
            opened = assembly.with_parts(lambda part: replace(part, policy=observation.opener.policy(part.policy)))
            try:
                result, seconds = await super().run(opened, given, scene, run_id)
            except PipedreamerError as error:
                if not self._learn(node.id, watch.end(), str(error)) or not further:
                    raise
                continue
            trouble = "\n".join(result.errors.values())
            is_over = observation.is_live and not (trouble and node.rerun_interrupted)
            if not self._learn(node.id, watch.end(), trouble) or is_over or not further:
                return result, seconds
        raise AssertionError("the last try has ended")

    def _learn(self, node: str, seen: Iterable[Sighting], trouble: str) -> bool:
        """Take in what was seen; whether anything was opened for another try."""
        findings = self._observation.findings
        findings.take(seen, failed=bool(trouble))
        if self._open_more():
            return True
        if not trouble:
            return False
        # What a library in C opened by itself was not seen, but its error may tell.
        findings.take(_named(trouble, node, _A_PATH.findall), failed=True)
        if self._open_more():
            return True
        declared = " ".join(self._observation.declared.read)
        findings.take(_named(declared, node, str.split), failed=True)
        return self._open_more()

    def _open_more(self) -> bool:
        return sum(map(self._observation.opener.open, self._observation.findings.reads)) > 0

    def _noted(self, scene: Scene) -> Scene:
        watch, is_live = self._observation.watch, self._observation.is_live
        broker = NotedBroker(scene.broker, scene.masked, watch.host, watch.fetched_with)
        return replace(scene, broker=broker, gateway=NotedGateway(watch.host, is_live=is_live))


async def _run(
    bench: Bench, assembly: Assembly, given: bytes, scene: Scene, run_id: str
) -> tuple[Outcome, bytes | None]:
    node, mask = assembly.plan.nodes[0].id, Mask(scene.masked)
    output, seconds, reasons = None, 0.0, tuple[str, ...]()
    try:
        result, seconds = await bench.run(assembly, given, scene, run_id)
        output = result.outputs.get(node)
        reasons = tuple(told(message, mask) for message in result.errors.values())
    except PipedreamerError as error:
        reasons = (told(str(error), mask),)
    log = tuple(f"[{line.node or 'workflow'}] {line.level.upper()} {line.message}" for line in bench.lines)
    done = Outcome(
        node=node, fixture="", status="failed" if output is None else "ok", seconds=seconds, reasons=reasons, log=log
    )
    return done, output


def _named(text: str, node: str, find: Callable[[str], Iterable[str]]) -> list[Sighting]:
    return [Sighting("read", path, node, library=UNSEEN_LIBRARY, found=False) for path in find(text)]


def _input(parents: Sequence[str], outputs: dict[str, bytes], given: bytes) -> bytes:
    """As the contract has it: the trigger's input, the one parent's output, or those of several by their names."""
    if len(parents) <= 1:
        return outputs[parents[0]] if parents else given
    several: dict[str, Any] = {parent: orjson.Fragment(outputs[parent]) for parent in parents}
    return orjson.dumps(several)


def _with_permissions(project: Project, permissions: Permissions) -> Project:
    return replace(project, workflow=msgspec.structs.replace(project.workflow, permissions=permissions))
