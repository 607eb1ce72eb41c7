"""What a workflow is given besides its input: config and secrets, from files, read again when they change."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipedreamer.errors import SettingsError
from pipedreamer.runtime import secrets as secret_files
from pipedreamer.runtime.config import read_config
from pipedreamer.runtime.mounted import Fingerprint, fingerprint

_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Sources:
    """Where settings are read.

    `secrets` is a file or folder that stands for `.secrets/` and `.secrets.yaml` of the workflow's `folder`; it must
    exist, all others may be missing. The mounts are laid over the rest.
    """

    folder: Path
    secrets: Path | None = None
    secrets_mount: Path = Path("/app/secrets")
    config_mount: Path = Path("/app/config")

    def fingerprint(self) -> Fingerprint:
        """Something that changes whenever one of the files does; cheap, reads no content."""
        places = secret_files.places(self.folder, self.secrets, self.secrets_mount)
        return fingerprint((*places, self.config_mount))


@dataclass(frozen=True, slots=True)
class Settings:
    """`ctx.config` and `ctx.secrets` as JSON values, and what a person should know about how they were read."""

    config: dict[str, Any]
    secrets: dict[str, Any]
    warnings: tuple[str, ...] = ()


def read_settings(workflow_config: dict[str, Any], sources: Sources) -> Settings:
    """Config and secrets as they stand now; raises SettingsError with file, line and column, never with a secret.

    Files that change while they are read (a mount being swapped) are read again, so that old and new do not mix.
    """
    return _read_with_print(workflow_config, sources)[0]


class SettingsWatch:
    """Takes up changed settings while a workflow runs: somebody calls `poll` now and then.

    Settings that cannot be read leave the last good ones in place; `failures` counts such polls, and `warn` hears of
    each problem once until it is gone, as it does of the warnings of settings taken up, the first ones included.
    """

    def __init__(self, workflow_config: dict[str, Any], sources: Sources, warn: Callable[[str], None]) -> None:
        """Reads the settings a first time; raises SettingsError when that fails."""
        self._config = workflow_config
        self._sources = sources
        self._warn = warn
        self._current, self._seen = _read_with_print(workflow_config, sources)
        self._said: set[str] = set()
        self.failures = 0
        for warning in self._current.warnings:
            self._say(warning)

    @property
    def current(self) -> Settings:
        """The settings last read without error."""
        return self._current

    def poll(self) -> Settings | None:
        """New settings when there are any, else None."""
        if self._sources.fingerprint() == self._seen:
            return None
        try:
            settings, self._seen = _read_with_print(self._config, self._sources)
        except SettingsError as error:
            self.failures += 1
            self._say(f"{error}; the settings read before stay in use")
            return None
        self._said.intersection_update(settings.warnings)
        for warning in settings.warnings:
            self._say(warning)
        if (settings.config, settings.secrets) == (self._current.config, self._current.secrets):
            return None
        self._current = settings
        return settings

    def _say(self, problem: str) -> None:
        if problem not in self._said:
            self._said.add(problem)
            self._warn(problem)


def _read_with_print(workflow_config: dict[str, Any], sources: Sources) -> tuple[Settings, Fingerprint]:
    for _ in range(_ATTEMPTS):
        before = sources.fingerprint()
        outcome = _read(workflow_config, sources)
        if sources.fingerprint() == before:
            if isinstance(outcome, SettingsError):
                raise outcome
            return outcome, before
    raise SettingsError("the files of the settings change faster than they can be read")


def _read(workflow_config: dict[str, Any], sources: Sources) -> Settings | SettingsError:
    try:
        return _read_once(workflow_config, sources)
    except SettingsError as error:
        return error


def _read_once(workflow_config: dict[str, Any], sources: Sources) -> Settings:
    secrets, about_secrets = secret_files.read_secrets(sources.folder, sources.secrets, sources.secrets_mount)
    config, about_config = read_config(workflow_config, sources.config_mount)
    return Settings(config, secrets, (*about_secrets, *about_config))
