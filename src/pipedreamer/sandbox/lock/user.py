"""The user that workers become where the engine is root."""

import os
from pathlib import Path
from typing import Final

_FIRST_OWN: Final = 1_879_048_192
"""From here on nobody has users: not passwd, not systemd's dynamic ones, not containers."""
NOBODY: Final = 65534
_CAP_SETGID, _CAP_SETUID = 6, 7


def own_uid() -> int | None:
    """A user of this engine's own, None where it cannot become anyone else.

    Its own, so that the kernel counts its threads apart and no other engine's worker is the same user.
    """
    if os.geteuid() != 0 or not _has(_CAP_SETUID, _CAP_SETGID):
        return None
    if Path("/proc/self/setgroups").read_text().strip() == "deny":
        return None  # root of a namespace with no users but itself
    return next(filter(_is_mapped, (_FIRST_OWN + os.getpid(), NOBODY)), None)


def _has(*capabilities: int) -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            effective = int(line.split()[1], 16)
            return all(effective >> capability & 1 for capability in capabilities)
    return False


def _is_mapped(uid: int) -> bool:
    rows = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(inside <= uid < inside + count for inside, _, count in rows)
