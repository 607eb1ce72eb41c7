"""`pipedreamer permissions --observe`: runs a workflow while it is watched, and says what block would have done."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipedreamer.cli.observed_block import as_comments, block_data, block_text, seen_data
from pipedreamer.cli.run_options import sources
from pipedreamer.cli.single_run import read_input
from pipedreamer.cli.terminal import Terminal
from pipedreamer.project.packages import environment
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.runtime.observing.memory import together
from pipedreamer.runtime.observing.network import NotedResolve
from pipedreamer.runtime.observing.unused import unused
from pipedreamer.runtime.settings import read_settings
from pipedreamer.sandbox.zygote import Zygote
from pipedreamer.spec import Permissions
from pipedreamer.testing.observing import Observation
from pipedreamer.testing.opening import open_subject
from pipedreamer.testing.report import Columns, details
from pipedreamer.testing.runs import check_input
from pipedreamer.testing.trials import Trial, node_trials

if TYPE_CHECKING:
    from pipedreamer.testing.outcome import Outcome

UNSEEN: Final = (
    "not seen: branches that did not run, and what libraries in C do by themselves (files that they open,\n"
    "variables such as TZ and PGHOST that they read): docs/permissions.md#what-observing-does-not-see"
)
REFUSED_WRITE: Final = (
    "writing was refused while observing, so what would have come after it was not seen:\n"
    "take the block up and observe again"
)


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line said."""

    folder: Path
    live: bool
    input: str
    secrets: Path | None
    config: Path | None
    allow_build: bool


class Observer:
    """One call of the command."""

    def __init__(self, given: Given, terminal: Terminal, zygote: Zygote) -> None:
        self._given = given
        self._terminal = terminal
        self._zygote = zygote
        self._subject = open_subject(given.folder)
        site = environment(self._subject.project.root, given.allow_build, say=terminal.say)
        self._observation = Observation(self._subject, site, given.live)
        self._outcomes: list[Outcome] = []
        self._confirmation = ""

    async def observe(self) -> bool:
        """Run everything and answer; whether all went well."""
        if self._given.live:
            self._subject.check_all()
            await self._follow(self._live())
        else:
            trials = node_trials(self._subject)
            await self._follow(self._observation.fixtures(trials, self._zygote))
            await self._confirm(trials)
        self._answer()
        return all(outcome.passed for outcome in self._outcomes) and not self._confirmation.startswith("NOT")

    def _live(self) -> "AsyncIterator[Outcome]":
        given, workflow = self._given, self._subject.project.workflow
        text = read_input(given.input)
        check_input(self._subject.project, text)
        settings = read_settings(workflow.config, sources(given.folder, given.secrets, given.config))
        for warning in settings.warnings:
            self._terminal.say(f"warning: {warning}")
        everything = Permissions()
        resolve = NotedResolve(self._observation.watch.host)
        broker = HttpBroker(lambda: settings.secrets, resolve=resolve, permissions=lambda: everything)
        return self._observation.live(text, settings, broker, self._zygote)

    async def _follow(self, coming: "AsyncIterator[Outcome]") -> None:
        """Say how each went, while it goes on."""
        async for outcome in coming:
            self._outcomes.append(outcome)
            columns = Columns(len(outcome.node), len(outcome.fixture))
            self._terminal.say(f"{'observed' if outcome.passed else 'FAILED'}  {columns.line(outcome)}")
            for line in () if outcome.passed else details(outcome):
                self._terminal.say(line)

    async def _confirm(self, trials: tuple[Trial, ...]) -> None:
        """Run what went well once more, under the block; not where that would write for the first time."""
        passed = {(outcome.node, outcome.fixture) for outcome in self._outcomes if outcome.status == "ok"}
        again = [trial for trial in trials if (trial.label, trial.name) in passed]
        if not again or self._observation.findings.new_writes:
            return
        failed = [outcome async for outcome in self._observation.confirmed(again) if not outcome.passed]
        for outcome in failed:
            self._terminal.say(f"FAILED  under the block: {outcome.node} {outcome.fixture}")
            for line in details(outcome):
                self._terminal.say(line)
        self._confirmation = (
            f"NOT ENOUGH: {len(failed)} of {_number(len(again), 'fixture')} fail under this block, see above"
            if failed
            else f"confirmed: {_number(len(again), 'fixture')} passed again under this block"
        )

    def _answer(self) -> None:
        observation, workflow = self._observation, self._subject.project.workflow
        block = observation.block
        most = together(observation.watch.peaks)
        text = block_text(block, observation.findings.reason, most)
        left_over = list(unused(observation.declared, block))
        notes = list(self._notes())
        document: dict[str, Any] = {
            "ok": all(outcome.passed for outcome in self._outcomes) and not self._confirmation.startswith("NOT"),
            "workflow": workflow.name,
            "version": workflow.version,
            "mode": "live" if self._given.live else "fixtures",
            "permissions": block_data(block),
            "yaml": text,
            "memorySeen": most,
            "seen": seen_data(block, observation.findings.reason),
            "unused": [{"line": line, "entry": entry} for line, entry in left_over],
            "notes": notes,
            "runs": [outcome.document() for outcome in self._outcomes],
        }
        after = [*(f"declared and never used: {line} {entry}" for line, entry in left_over), *notes]
        self._terminal.answer(document, f"{text}\n{as_comments(after)}")

    def _notes(self) -> Iterator[str]:
        if self._confirmation:
            yield self._confirmation
        yield from self._observation.findings.notes()
        if self._observation.findings.new_writes:
            yield REFUSED_WRITE
        failed = [outcome for outcome in self._outcomes if not outcome.passed]
        if failed:
            yield f"{_number(len(failed), 'run')} failed, and what would have come after was not seen"
        bare = [outcome.node for outcome in self._outcomes if outcome.status == "no fixtures"]
        if bare:
            yield f"not run, for want of fixtures: {', '.join(bare)}"
        yield UNSEEN


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
