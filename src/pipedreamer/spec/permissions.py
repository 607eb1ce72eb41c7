"""What a workflow's nodes may reach, as a value: the `permissions` block with its defaults filled in."""

from typing import Final, Literal

import msgspec

DEFAULT_MEMORY: Final = 256 * 1024 * 1024
"""What a node's code may take in a worker, in bytes, where `memory` is not said."""


class Destination(msgspec.Struct, frozen=True, order=True):
    """One entry of `net`.

    `host` is a name in lower case, `*.` and a suffix, an IP address or a network (CIDR) in its canonical spelling.
    As text it is what a person writes into `net`: `api.github.com:443`, `[2001:db8::1]:443`.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """What is named and no more; the values here are those of a workflow without the block.

    `read` and `write` are absolute paths besides the workflow's folder and the scratch folder; what may be written may
    be read too. `secrets` None means all; those under `inject` are never among what nodes see. `declared` is false
    where there is no block.
    """

    net: Literal["any"] | tuple[Destination, ...] = "any"
    read: tuple[str, ...] = ("/var/run/secrets",)
    write: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    memory: int = DEFAULT_MEMORY
    secrets: tuple[str, ...] | None = None
    inject: tuple[str, ...] = ()
    declared: bool = False

    def shows(self, secret: str) -> bool:
        """Whether nodes find the secret of this name in `ctx.secrets`."""
        return secret not in self.inject and (self.secrets is None or secret in self.secrets)

    def fetches_with(self, secret: str) -> bool:
        """Whether `ctx.fetch` may use the secret of this name."""
        return secret in self.inject or self.shows(secret)
