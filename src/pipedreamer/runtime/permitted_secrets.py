"""Which of a workflow's secrets go where: to its nodes, and into what the engine fetches for them."""

from collections.abc import Mapping
from typing import Any

from pipedreamer.spec import Permissions


def visible_secrets(secrets: Mapping[str, Any], permissions: Permissions) -> dict[str, Any]:
    """What `ctx.secrets` holds: those that `permissions.secrets` names, never those under `inject`."""
    return {name: value for name, value in secrets.items() if permissions.shows(name)}


def fetch_secrets(secrets: Mapping[str, Any], permissions: Permissions) -> dict[str, Any]:
    """What `ctx.fetch` may use: what nodes see, and those under `inject`."""
    return {name: value for name, value in secrets.items() if permissions.fetches_with(name)}
