"""Whom a served workflow lets in: what the options say, and what may not be said."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipedreamer.engine.access.gate import Gate
from pipedreamer.engine.access.token_files import TokenWatch
from pipedreamer.errors import UsageError
from pipedreamer.project import Project
from pipedreamer.runtime.settings import Sources


@dataclass(frozen=True, slots=True)
class Admission:
    """Where tokens are, whether `/run` needs none, and whether it is known that nothing needs one."""

    tokens: Path | None = None
    open_run: bool = False
    no_login: bool = False

    def __post_init__(self) -> None:
        if self.tokens is not None and self.no_login:
            raise UsageError("--tokens and --no-login contradict each other; leave one out")
        if self.tokens is None and self.open_run:
            raise UsageError("--open-run says what needs no token where others are needed: give --tokens too")


def refuse_open_address(admission: Admission, address: str) -> None:
    """Raise UsageError for an engine without tokens at an address that other machines can reach."""
    if admission.tokens is not None or admission.no_login or _is_loopback(address):
        return
    raise UsageError(
        f"everybody who reaches {address} could run this workflow: make a token (`mkdir tokens && pipedreamer token > "
        "tokens/me.admin`) and give --tokens tokens; or --no-login, where the network decides who gets here"
    )


def watch_tokens(
    admission: Admission, project: Project, sources: Sources, warn: Callable[[str], None]
) -> TokenWatch | None:
    """The tokens that are asked for, None for none; raises where a node could read them."""
    path = admission.tokens
    if path is None:
        return None
    if _is_seen_in(path, project.root):
        raise UsageError(f"{path} is in the workflow's folder, where its nodes read it; move it out, or below a .name")
    permissions = project.workflow.permissions
    for granted in (*permissions.read, *permissions.write):
        if _is_seen_in(path, Path(granted)):
            raise UsageError(f"{path} is in {granted}, which the permissions let nodes read; move it elsewhere")
    for secrets in (sources.secrets, sources.secrets_mount):
        if secrets is not None and path.resolve().is_relative_to(secrets.resolve()):
            raise UsageError(f"{path} is among the secrets that nodes are given; move it to a place of its own")
    return TokenWatch(path, warn)


def gate(workflow: str, tokens: TokenWatch | None, admission: Admission) -> Gate | None:
    """The gate before the engine, None for none."""
    return None if tokens is None else Gate(workflow, lambda: tokens.current, opens_run=admission.open_run)


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _is_seen_in(path: Path, folder: Path) -> bool:
    """Whether nodes that may read the folder see the path; they never see names that begin with a dot."""
    folder = folder.resolve()
    places = [place for place in (path.absolute(), path.resolve()) if place.is_relative_to(folder)]
    return any(not any(part.startswith(".") for part in place.relative_to(folder).parts) for place in places)
