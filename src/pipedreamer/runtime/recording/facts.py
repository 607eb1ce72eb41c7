"""What the record says of every run of a live workflow: its code, and what stands for its secrets."""

import hashlib
from pathlib import Path
from typing import Final, Protocol

import orjson

from pipedreamer.project import Project, digest
from pipedreamer.record import Code
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.recording.entry import Facts
from pipedreamer.runtime.references import References
from pipedreamer.runtime.settings import Settings

_LOCKS: Final = ("requirements.lock", "deno.lock")


class Live(Protocol):
    """A workflow that is running; each is another object when it has changed."""

    @property
    def project(self) -> Project: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def mask(self) -> Mask: ...


class LiveFacts:
    """Tells the facts as they are now; looking at unchanged ones costs next to nothing. `seal` is the record's."""

    def __init__(self, live: Live, seal: str) -> None:
        self._live = live
        self._project, self._settings, self._mask = live.project, live.settings, live.mask
        self._code = _code(live.project, live.settings)
        self._references = References(seal, live.settings.secrets, live.mask)
        self._facts = self._made()

    def __call__(self) -> Facts:
        live = self._live
        if live.project is self._project and live.settings is self._settings and live.mask is self._mask:
            return self._facts
        if live.settings is not self._settings or live.mask is not self._mask:
            self._references = self._references.with_secrets(live.settings.secrets, live.mask)
        if live.project is not self._project or live.settings.config != self._settings.config:
            self._code = _code(live.project, live.settings)
        self._project, self._settings, self._mask = live.project, live.settings, live.mask
        self._facts = self._made()
        return self._facts

    def _made(self) -> Facts:
        return Facts(self._project.workflow.name, self._code, self._references, self._mask)


def _code(project: Project, settings: Settings) -> Code:
    config = hashlib.sha256(orjson.dumps(settings.config, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Code(project.workflow.version, digest(project), config, _locked(project.root))


def _locked(root: Path) -> str:
    """The SHA-256 over the locks of third-party packages, "" where there is none."""
    found = [root / name for name in _LOCKS if (root / name).is_file()]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in found)).hexdigest() if found else ""
