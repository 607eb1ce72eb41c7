"""Which layers of the sandbox hold on this machine, in words, and what is demanded of them."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from pipedreamer.errors import SandboxError
from pipedreamer.project import Language
from pipedreamer.sandbox.lock.policy import Held, Policy
from pipedreamer.spec.permissions import Destination

_WEB_PORTS: Final = (80, 443)
"""What is declared for these may well be for ctx.fetch."""

Demand = Literal["required", "best-effort"]

OPEN: Final = "not held"
"""How the text of a layer that does not hold begins."""


def layers(held: Held, policy: Policy) -> dict[str, str]:
    """A text for each of files, system calls, network and memory, and for what holds on every machine."""
    return {
        "process": "its own" + (", a user of its own" if policy.uid is not None else ""),
        "environment": ", ".join(policy.env) or "empty",
        "time": "enforced",
        "files": _files(held),
        "system calls": OPEN + f": {held.seccomp}" if held.seccomp else "seccomp",
        "network": _network(held, policy),
        "memory": _memory(held, policy),
    }


def together(told: Mapping[Language, dict[str, str]]) -> dict[str, str]:
    """The layers of several languages as one: a text a layer, and one for each language where they differ."""
    names = dict.fromkeys(name for layers_of in told.values() for name in layers_of)
    texts = {name: {language: layers_of[name] for language, layers_of in told.items()} for name in names}
    return {
        name: next(iter(by.values()))
        if len(set(by.values())) == 1
        else "; ".join(f"{text} ({language})" for language, text in by.items())
        for name, by in texts.items()
    }


def limited(held: Held, net: Iterable[Destination]) -> str:
    """What is declared and can be had here by some drivers only, "" where there is nothing of the kind."""
    drivers = [f"{entry.host}:{entry.port}" for entry in net if entry.port not in _WEB_PORTS]
    if not held.notify or not drivers:
        return ""
    return (
        f"{', '.join(drivers)} in permissions.net: on this machine ({held.notify}) drivers written in Python reach it,"
        " such as asyncpg, and drivers in C do not, such as psycopg"
    )


def demanded(demand: Demand, held: Held, policy: Policy) -> None:
    """Raises `SandboxError` that names every layer that does not hold, where all are required."""
    missing = [f"{name} ({text})" for name, text in layers(held, policy).items() if text.startswith(OPEN)]
    if missing and demand == "required":
        raise SandboxError(
            f"the sandbox is required and this machine leaves open: {'; '.join(missing)}. Run it on a machine that"
            " holds them (docs/security.md), or start with --sandbox best-effort"
        )


def _files(held: Held) -> str:
    names = [] if held.namespaces else ["namespaces"]
    if held.restricts_files:
        names.append(f"Landlock {held.landlock}")
    return " and ".join(names) or f"{OPEN}: no namespaces ({held.namespaces}), no Landlock of version 3"


def _network(held: Held, policy: Policy) -> str:
    if held.seccomp and held.namespaces:
        return f"{OPEN}: neither seccomp nor namespaces"
    if not policy.tcp:
        return "none but ctx.fetch"
    return "by the engine alone" + (f", for drivers in Python only ({held.notify})" if held.notify else "")


def _memory(held: Held, policy: Policy) -> str:
    size = f"{policy.memory // (1024 * 1024)} MiB a worker"
    return size if not held.data_limit else f"{size}, watched by the engine ({held.data_limit})"
