"""Names that `permissions` grants: environment variables and secrets."""

import re
from typing import Final

from pipedreamer.spec.findings import Fault

VARIABLE: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_REFUSED: Final = {
    "LD_": "tells the loader which libraries to load",
    "PYTHON": "changes how Python itself starts",
    "GLIBC_TUNABLES": "changes how the C library works",
    "PIPEDREAMER_": "belongs to the engine",
}


def variable(text: str) -> str | Fault:
    """The name of an environment variable that nodes may see, or what is wrong with it."""
    if not VARIABLE.fullmatch(text):
        meant = text.partition("=")[0].strip("${} ")
        remedy = f"write {meant}" if VARIABLE.fullmatch(meant) else "for example TZ"
        return Fault("is not the name of an environment variable", remedy)
    for prefix, reason in _REFUSED.items():
        if text.startswith(prefix):
            return Fault(f"{reason}, and no node gets it", "remove it; config is for settings of one's own")
    return text


def secret_name(text: str) -> str | Fault:
    """The name of a secret: a file's in `.secrets/`, a key's in `.secrets.yaml`; or what is wrong with it."""
    if not text.strip():
        return Fault("is empty", "for example github")
    if not text.isprintable() or text != text.strip() or "/" in text:
        return Fault("is not the name of a secret", "for example github")
    return text
