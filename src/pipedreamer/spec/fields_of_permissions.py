"""The fields of `permissions`: what a workflow's nodes may reach. What they mean is the sandbox's matter."""

import re
from typing import Final

from pipedreamer.spec.block import Block, Field
from pipedreamer.spec.container_kinds import ListOf
from pipedreamer.spec.kind import ByShape
from pipedreamer.spec.scalar_kinds import Choice, Text

QUANTITY: Final = re.compile(r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$")
QUANTITY_RULE: Final = "must be a quantity"


def texts(example: str) -> ListOf:
    """A list of texts such as this one."""
    return ListOf(Text(example), "a list of text", f"[{example}]")


_NET_FORMS = "any, none or a list of hosts"
_NET = ByShape(
    _NET_FORMS,
    '["api.github.com:443"]',
    scalar=Choice(("any", "none"), _NET_FORMS, '["api.github.com:443"]'),
    sequence=texts('"api.github.com:443"'),
)

PERMISSIONS: Final = Block(
    (
        Field("net", _NET, "Hosts the nodes may reach (port 443 unless written), or any, or none.", nullable=False),
        Field("read", texts("/etc/ssl"), "Paths outside the folder that they may read.", nullable=False),
        Field("write", texts("/data"), "Paths they may write besides /tmp.", nullable=False),
        Field("env", texts("TZ"), "Environment variables they see.", nullable=False),
        Field("memory", Text("256Mi", QUANTITY, QUANTITY_RULE), "Memory of one worker.", nullable=False),
        Field("secrets", texts("github"), "Secrets in ctx.secrets; absent: all.", nullable=False),
        Field("inject", texts("github"), "Secrets that only ctx.fetch uses.", nullable=False),
    ),
    "a mapping",
    "{net: none}",
    keeps=True,
)
"""No field may be left empty: whether that means all or nothing must not be guessed."""
