"""What a workflow's nodes may reach, as a value: the `permissions` block with its defaults filled in."""

from typing import Final, Literal

import msgspec

DEFAULT_MEMORY: Final = 256 * 1024 * 1024
"""What a node's code may take in a worker, in bytes, where `memory` is not said."""


class Destination(msgspec.Struct, frozen=True, order=True):
    """One entry of `net`.

    `host` is a name in lower case, `*.` and a suffix, an IP address or a network (CIDR) in its canonical spelling.
    """

    host: str
    port: int


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """What is named and no more; the values here are those of a workflow without the block.

    `read` and `write` are absolute paths besides the workflow's folder and the scratch folder. `secrets` None means
    all; those under `inject` are never among what nodes see. `declared` is false where there is no block.
    """

    net: Literal["any"] | tuple[Destination, ...] = "any"
    read: tuple[str, ...] = ("/var/run/secrets",)
    write: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    memory: int = DEFAULT_MEMORY
    secrets: tuple[str, ...] | None = None
    inject: tuple[str, ...] = ()
    declared: bool = False
