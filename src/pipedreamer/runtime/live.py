"""A workflow folder that is running: its project, settings and workers, kept in step with the files."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipedreamer.errors import WiderPermissionsError
from pipedreamer.project import Project, open_project
from pipedreamer.runtime.assembly import Assembly, assemble
from pipedreamer.runtime.broker import Broker
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.egress import DriverGateway, Egress, OwnPorts, no_ports
from pipedreamer.runtime.layers import OPEN, Demand, limited
from pipedreamer.runtime.logs import LogSink
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.permitted_secrets import fetch_secrets, visible_secrets
from pipedreamer.runtime.session import Session, Surroundings
from pipedreamer.runtime.settings import Settings, SettingsWatch, Sources
from pipedreamer.sandbox.zygote import Zygote
from pipedreamer.spec import Permissions, widened

if TYPE_CHECKING:
    from pipedreamer.runtime.tracing.traces import Traces

MakeBroker = Callable[[Callable[[], dict[str, Any]], Callable[[], Permissions]], Broker]
FindPackages = Callable[[Path], Path | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a live workflow is made with.

    `packages` gives the folder of its third-party packages, `broker` is made from functions that tell the secrets
    which fetches may use and the permissions, `own_ports` are never reached, `warn` hears of trouble with settings
    while it runs.
    """

    sources: Sources
    broker: MakeBroker
    packages: FindPackages
    log: LogSink
    warn: Callable[[str], None]
    capacity: Capacity = field(default_factory=Capacity)
    own_ports: OwnPorts = no_ports
    demand: Demand = "best-effort"
    jitter: bool = True
    traces: "Traces | None" = None


class LiveWorkflow:
    """Use it as an async context manager. `reload` and `poll` take up changed files; a broken change changes nothing.

    Nodes are given the secrets that the permissions show them; all secrets are masked. A `zygote` started earlier
    saves its start-up time.
    """

    def __init__(self, project: Project, means: Means, zygote: Zygote | None = None) -> None:
        self.project = project
        self._started_with = project.workflow.permissions
        self._means = means
        self._watch = self._watch_settings(project)
        self.mask = Mask(self._watch.current.secrets)
        around = Surroundings(
            broker=means.broker(
                lambda: fetch_secrets(self.settings.secrets, self.permissions), lambda: self.permissions
            ),
            mask=lambda: self.mask,
            log=means.log,
            capacity=means.capacity,
            gateway=lambda: DriverGateway(Egress(self.permissions.net, means.own_ports), tell=means.warn),
            demand=means.demand,
            traces=means.traces,
        )
        self.session = Session(self._assembled(project), self._seen(self._watch.current), around, zygote)
        self._earlier_failures = 0

    @property
    def permissions(self) -> Permissions:
        return self.project.workflow.permissions

    @property
    def traces(self) -> "Traces | None":
        return self._means.traces

    @property
    def settings(self) -> Settings:
        return self._watch.current

    @property
    def settings_failures(self) -> int:
        """How often changed settings could not be read."""
        return self._earlier_failures + self._watch.failures

    async def reload(self) -> None:
        """Read the folder anew and swap code and settings together.

        Raises `PipedreamerError` (what is wrong with the edit), and then everything is as it was. Permissions that are
        wider than those it was started with are refused (contract: permissions): `WiderPermissionsError`.
        """
        project = open_project(self.project.root)
        if more := widened(self._started_with, project.workflow.permissions):
            raise WiderPermissionsError(more)
        watch = self._watch_settings(project)
        await self.session.reload(await asyncio.to_thread(self._assembled, project))  # packages may have to be fetched
        self._earlier_failures += self._watch.failures
        self.project, self._watch = project, watch
        self._apply(watch.current)

    def poll(self) -> bool:
        """Take up changed secrets and config; true when there were any."""
        settings = self._watch.poll()
        if settings is None:
            return False
        self._apply(settings)
        return True

    async def __aenter__(self) -> Self:
        await self.session.start()
        self._tell_what_is_missing()
        return self

    def _tell_what_is_missing(self) -> None:
        """Warn of layers that do not hold here, and of what is declared and only some drivers can have."""
        for name, text in self.session.layers().items():
            if text.startswith(OPEN):
                self._means.warn(f"the sandbox does not hold the {name} ({text})")
        held, net = self.session.held.get("python"), self.permissions.net
        if held is not None and net != "any" and (text := limited(held, net)):
            self._means.warn(text)

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    def _assembled(self, project: Project) -> Assembly:
        """The project with all that it needs from outside, fetched where it is not there."""
        means = self._means
        return assemble(project, means.packages(project.root), jitter=means.jitter, say=means.warn)

    def _apply(self, settings: Settings) -> None:
        self.mask = self.mask.with_secrets(settings.secrets)
        self.session.apply(self._seen(settings))

    def _seen(self, settings: Settings) -> Settings:
        """The settings as nodes see them."""
        return replace(settings, secrets=visible_secrets(settings.secrets, self.project.workflow.permissions))

    def _watch_settings(self, project: Project) -> SettingsWatch:
        return SettingsWatch(project.workflow.config, self._means.sources, self._means.warn)
