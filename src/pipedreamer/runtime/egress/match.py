"""How a host and port were found to be declared, and how they are written."""

from dataclasses import dataclass
from typing import Literal

from pipedreamer.runtime.egress.spelling import Address
from pipedreamer.spec.permissions import Destination

How = Literal["name", "wildcard", "address", "network", "any"]


@dataclass(frozen=True, slots=True)
class Match:
    """A host and port that nodes may ask for.

    `host` is a name or an address. `entry` is what covers it in `permissions.net`, as a person writes it, and "" where
    that is `any`. `port` is 0 where any port is meant.
    """

    host: Address | str
    port: int
    how: How
    entry: str = ""

    @property
    def is_named(self) -> bool:
        """Whether the author of the workflow wrote down this very host or its domain."""
        return self.how in {"name", "wildcard", "address"}

    def __str__(self) -> str:
        return written(self.host, self.port)


def written(host: Address | str, port: int) -> str:
    """Host and port as in `permissions.net`: `api.github.com:443`, `[2001:db8::1]:443`."""
    return str(Destination(str(host), port)) if port else str(host)
