"""Kubernetes' RuntimeDefault, made of podman's profile: the same family, but without namespaces for everybody."""

import json
from pathlib import Path

_PODMANS = Path("/usr/share/containers/seccomp.json")
_ONLY_WITH_CAPABILITIES = {
    "clone", "clone3", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree",
    "pivot_root", "setns", "umount", "umount2", "unshare",
}  # fmt: skip
_NAMESPACES, _ENOSYS = 0x7E020000, 38


def write_kubernetes_profile(path: Path) -> None:
    """As containerd's: `clone` without namespaces, `clone3` missing, nothing that mounts."""
    profile = json.loads(_PODMANS.read_text())
    for rule in profile["syscalls"]:
        if rule["action"] == "SCMP_ACT_ALLOW" and not rule.get("includes", {}).get("caps"):
            rule["names"] = [name for name in rule["names"] if name not in _ONLY_WITH_CAPABILITIES]
    none_new = {"index": 0, "value": _NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]] + [
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [none_new]},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
    ]
    path.write_text(json.dumps(profile))
