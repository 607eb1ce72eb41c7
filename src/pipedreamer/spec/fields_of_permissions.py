"""The fields of `permissions`: what a workflow's nodes may reach."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pipedreamer.spec.block import Block, Field
from pipedreamer.spec.container_kinds import Distinct
from pipedreamer.spec.destinations import destination
from pipedreamer.spec.findings import Findings
from pipedreamer.spec.granted_names import VARIABLE, secret_name, variable
from pipedreamer.spec.granted_paths import granted_path
from pipedreamer.spec.kind import At, ByShape
from pipedreamer.spec.permissions import DEFAULT_MEMORY, Permissions
from pipedreamer.spec.quantity import MEMORY_PATTERN, memory
from pipedreamer.spec.scalar_kinds import Choice, Parsed
from pipedreamer.spec.tree import Mapping, descend
from pipedreamer.spec.wording import shown


def _list(what: str, parse: Callable[[str], object], example: str, pattern: re.Pattern[str] | None = None) -> Distinct:
    return Distinct(Parsed(parse, example, pattern), f"a list of {what}", f"[{example}]")


_PATH: Final = re.compile("^/")
_NET_FORMS: Final = "any, none or a list of hosts"
_NET_EXAMPLE: Final = '["api.github.com:443"]'
_NET: Final = ByShape(
    _NET_FORMS,
    _NET_EXAMPLE,
    scalar=Choice(("any", "none"), _NET_FORMS, _NET_EXAMPLE),
    sequence=_list("hosts", destination, '"api.github.com:443"'),
)


@dataclass(frozen=True)
class _Permissions(Block):
    """Its own rule: a secret under `inject` is kept from the nodes, whatever `secrets` says."""

    def take(self, tree: Mapping, at: At, out: Findings) -> dict[str, Any]:
        values = super().take(tree, at, out)
        kept = values.get("inject") or []
        for i, name in enumerate(values.get("secrets") or []):
            if name in kept:
                place = descend(tree, ("secrets", i))
                message = f"{at.label}.secrets[{i}] {shown(name)} is under {at.label}.inject too: nodes do not see it"
                out.warning(place, message, "leave it out in one of them")
        return values


PERMISSIONS: Final = _Permissions(
    (
        Field("net", _NET, "Hosts the nodes may reach (port 443 unless written), or any, or none.", nullable=False),
        Field(
            "read", _list("paths", granted_path, "/data", _PATH), "Paths outside the folder they read.", nullable=False
        ),
        Field("write", _list("paths", granted_path, "/data", _PATH), "Paths they write besides /tmp.", nullable=False),
        Field("env", _list("names", variable, "TZ", VARIABLE), "Environment variables they see.", nullable=False),
        Field(
            "memory",
            Parsed(memory, "256Mi", re.compile(MEMORY_PATTERN), "an amount of memory"),
            "Memory of one worker, 32Mi or more.",
            nullable=False,
            default="256Mi",
        ),
        Field("secrets", _list("names", secret_name, "github"), "Secrets in ctx.secrets; absent: all.", nullable=False),
        Field("inject", _list("names", secret_name, "github"), "Secrets that only ctx.fetch uses.", nullable=False),
    ),
    "a mapping",
    "{net: none}",
    closed=True,
)
"""No field may be left empty, and no key is unknown: whether that means all or nothing must not be guessed."""


def permissions_of(block: dict[str, Any] | None) -> Permissions:
    """What a block without errors permits; None where there is no block."""
    if block is None:
        return Permissions()
    net = block.get("net", "none")
    return Permissions(
        net="any" if net == "any" else () if net == "none" else tuple(net),
        read=tuple(block.get("read", ())),
        write=tuple(block.get("write", ())),
        env=tuple(block.get("env", ())),
        memory=block.get("memory", DEFAULT_MEMORY),
        secrets=tuple(block["secrets"]) if "secrets" in block else None,
        inject=tuple(block.get("inject", ())),
        declared=True,
    )
