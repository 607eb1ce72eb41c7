"""What an endpoint in the config is, and what asking it came to."""

import msgspec


class Endpoint(msgspec.Struct, forbid_unknown_fields=True):
    """`expect` is the status that means "up"; None means any from 200 to 299."""

    name: str
    url: str
    expect: int | None = None


class Probe(msgspec.Struct):
    """`status` and `latencyMs` are None where no answer came; `why` says why a server counts as down."""

    name: str
    url: str
    up: bool
    status: int | None
    latencyMs: int | None  # noqa: N815 - the names are those of the JSON
    why: str | None
