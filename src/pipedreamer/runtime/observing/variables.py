"""Environment variables while a workflow is watched: which of them may be lent to nodes."""

import re
from collections.abc import Mapping
from typing import Final

from pipedreamer.spec.findings import Fault
from pipedreamer.spec.granted_names import variable

_SECRET: Final = re.compile(
    r"SECRET|TOKEN|PASS|PWD|KEY|CRED|AUTH|COOKIE|SESSION|PRIVATE|CERT|SIGN|SALT|DSN|WEBHOOK|CONN|_(URL|URI|PAT)$",
    re.IGNORECASE,
)
_LOGIN: Final = re.compile(r"://[^/\s]*@")


def lent(environment: Mapping[str, str]) -> dict[str, str]:
    """What nodes get when they ask for it by name: what may be granted, and looks like no secret."""
    return {
        name: value
        for name, value in environment.items()
        if may_be_granted(name) and not looks_secret(name) and not _LOGIN.search(value)
    }


def may_be_granted(name: str) -> bool:
    """Whether `permissions.env` may name it."""
    return not isinstance(variable(name), Fault)


def looks_secret(name: str) -> bool:
    """By its name alone; rather too often than too seldom."""
    return bool(_SECRET.search(name)) and name != "PWD"
