"""Every error this program raises on purpose, in one tree.

    PipedreamerError            what is wrong, where, and what to do, in one line
    ├── UsageError              a command was called in a way it cannot serve (exit code 2)
    ├── ProblemsError           one or more problems in a workflow folder, each with its place
    │   ├── SpecError           workflow.yaml itself
    │   └── ProjectError        the folder around it: node files, packages, data
    ├── PackageError            a workflow's third-party packages cannot be locked or installed
    ├── SettingsError           secrets or config cannot be read
    ├── MissingSecretError      a kept value refers to a secret that is not there any more
    ├── EngineAnswerError       an engine does not answer a client, or refuses
    ├── NodeLoadError           a node's code cannot be loaded (syntax error, no `run`, failing import)
    ├── SandboxError            a worker process cannot be started or answers nonsense
    ├── BindError               the engine cannot listen where it was told to
    ├── EgressError             a node may not reach what it asks for; says which line would permit it
    ├── NameLookupError         a name has no address, or DNS does not answer
    ├── WiderPermissionsError   permissions became wider while the workflow runs; that takes a restart
    ├── FixtureError            a test fixture cannot be read
    ├── RecordError             the record of runs cannot be read or written
    │   ├── ValueTooBigError    a value is larger than the record takes; nothing of its run's change was stored
    │   ├── ValueGoneError      a value that was kept is not there any more
    │   ├── StaleError          a run belongs to another engine now
    │   ├── KeyTakenError       a run with this Idempotency-Key is there already
    │   └── LeaseLostError      another engine has taken over what this one had
    └── EngineBusyError         no room for another run now; says when to try again

A library's errors are wrapped where they enter, with the cause chained. The text never holds a secret's value.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file: where, what, and what would be right.

    `line` and `column` count from 1; 0 means that the whole file is meant.
    """

    file: str
    line: int
    column: int
    message: str
    suggestion: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        tail = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}: {self.severity}: {self.message}{tail}"


class PipedreamerError(Exception):
    """The root of the tree; `exit_code` is what a command ends with when nothing catches it."""

    exit_code = 1


class UsageError(PipedreamerError):
    """A command was called in a way it cannot serve."""

    exit_code = 2


class ProblemsError(PipedreamerError):
    """One or more problems in a workflow folder; `problems` has them all, warnings included."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class SpecError(ProblemsError):
    """workflow.yaml is not a workflow."""


class ProjectError(ProblemsError):
    """The folder around workflow.yaml is not what it says."""


class PackageError(PipedreamerError):
    """A workflow's third-party packages cannot be locked or installed."""


class SettingsError(PipedreamerError):
    """Secrets or config cannot be read."""


class MissingSecretError(PipedreamerError):
    """A kept value refers to a secret that is not there any more; the message names it."""


class EngineAnswerError(PipedreamerError):
    """An engine does not answer a client (`status` 0), or refuses what it asks."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NodeLoadError(PipedreamerError):
    """A node's code cannot be loaded; the message names the node, the file and the line."""


class SandboxError(PipedreamerError):
    """A worker process cannot be started or does not speak the protocol."""


class BindError(PipedreamerError):
    """The engine cannot listen where it was told to."""


class EgressError(PipedreamerError):
    """A node may not reach what it asks for: what, why, and which line of `permissions.net` would permit it."""


class NameLookupError(PipedreamerError):
    """A name could not be turned into addresses; `is_final` is false where asking again may help."""

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final


class WiderPermissionsError(PipedreamerError):
    """Permissions are wider than those that a workflow was started with; `more` says what they would add, in words."""

    def __init__(self, more: tuple[str, ...]) -> None:
        super().__init__(f"the permissions would become wider, which takes a restart: {', '.join(more)}")
        self.more = more


class FixtureError(PipedreamerError):
    """A test fixture cannot be read; the message names the file."""


class RecordError(PipedreamerError):
    """The record of runs cannot be read or written: what, where, and what to do; never a password."""


class ValueTooBigError(RecordError):
    """A value is larger than the record takes; nothing of the change was stored."""


class ValueGoneError(RecordError):
    """A value that was kept beside the record is not there any more; the message names it."""


class StaleError(RecordError):
    """A run that is written to belongs to another engine now, or has ended."""


class KeyTakenError(RecordError):
    """A run with this Idempotency-Key is there already: `run_id`, and whether it was asked for with the same body."""

    def __init__(self, run_id: str, *, same_body: bool) -> None:
        body = "the same body" if same_body else "another body"
        super().__init__(f"run {run_id} was started with this Idempotency-Key and {body}")
        self.run_id = run_id
        self.same_body = same_body


class LeaseLostError(RecordError):
    """Another engine has taken over the runs of this one, which took too long to renew its lease."""


class EngineBusyError(PipedreamerError):
    """No room for another run now; `retry_after` says in seconds when to try again."""

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
