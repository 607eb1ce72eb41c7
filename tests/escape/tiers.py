"""The tiers: what holds a node's code on machines of different kinds, and how the suite is run on each."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.escape.seccomp_profile import write_kubernetes_profile
from tests.registry import serving

NOBODY: Final = 65534
PATIENCE_S: Final = 540
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pipedreamer"

_NAMES = "where only Landlock holds, names inside dotted folders can be listed, their contents not be read"
_PIPE = "no mount keeps a named pipe from being written to, only Landlock does, and below /tmp it cannot"
_LANDLOCK_ALONE = {"dotted.list_names": _NAMES}
_NO_LANDLOCK = {"grants.write_to_a_pipe": _PIPE}


@dataclass(frozen=True, slots=True)
class Tier:
    """`changes` are fields of the policy; `known` are the attempts that do get out here, each with its reason.

    `place` is where it runs: `root` and `nobody` on this machine, below `below`; else in a container of that kind.
    `layers` is what the session's layers must be, so that a tier is what it is called. `attackers` are who is tried.
    """

    name: str
    place: str
    layers: Mapping[str, Any]
    attackers: tuple[str, ...]
    changes: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    below: str = "/tmp"


_BOTH, _LANDLOCK, _NAMESPACES = ({"landlock": True, "namespaces": n} for n in (True, False, True))
_NAMESPACES["landlock"] = False

_TRUSTED = ("python", "typescript, trusted by Deno")
_ALL = (*_TRUSTED, "typescript")
"""What Deno's permissions refuse never comes to the layers: with them it is tried on one tier of each kind."""

TIERS: Final = (
    Tier("root", "root", _BOTH, _ALL, known=_NO_LANDLOCK),
    Tier("root, Landlock alone", "root", _LANDLOCK, _TRUSTED, {"namespaces": False}, _LANDLOCK_ALONE),
    Tier("root, namespaces alone", "root", _NAMESPACES, _TRUSTED, {"landlock": False}, _NO_LANDLOCK),
    Tier("a user", "nobody", _BOTH, _TRUSTED, below="/var/tmp"),
    Tier("a user, Landlock alone", "nobody", _LANDLOCK, _TRUSTED, {"namespaces": False}, _LANDLOCK_ALONE),
    Tier("gVisor", "runsc", _NAMESPACES, _TRUSTED, known=_NO_LANDLOCK),
    Tier("podman", "podman", _BOTH, _TRUSTED),
    Tier("podman, Kubernetes' profile", "kubernetes", _LANDLOCK, _ALL, known=_LANDLOCK_ALONE),
)


@dataclass(frozen=True, slots=True)
class Suite:
    """A folder that everybody may read, with an environment of the locked packages, the sources and this suite."""

    folder: Path

    def build(self, root: Path, uv: str) -> None:
        """Fill it; the interpreter is the system's, for one below a home folder is closed to others."""
        self.folder.chmod(0o755)
        venv = self.folder / "venv"
        python = next(path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if Path(path).exists())
        subprocess.run([uv, "venv", "--quiet", "--python", python, venv], check=True)
        install = [uv, "pip", "sync", "--quiet", "--link-mode", "copy", "--require-hashes"]
        subprocess.run([*install, "--python", venv / "bin/python", root / "locks/run.txt"], check=True)
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / "src", self.folder / "suite/src", ignore=unwanted)
        shutil.copytree(root / "tests/escape/inside", self.folder / "suite/tests/escape/inside", ignore=unwanted)
        self._fetch_modules((root / "tests/escape/package.js").read_text())
        subprocess.run(["chmod", "-R", "a+rX", self.folder], check=True)

    def _fetch_modules(self, source: str) -> None:
        """Lock and fetch what the TypeScript nodes import, from a registry of our own."""
        with serving() as registry:
            script = {"postinstall": f"touch {self.installed}"}
            registry.add("grabby", "1.0.0", source, scripts=script, hasInstallScript=True)
            environment = registry.settings | self._settings(self.folder / "suite", self.folder / "cache")
            flow = self.folder / "suite/tests/escape/inside/typescript"
            fetch = f"from pathlib import Path; from pipedreamer.project.modules import *; flow = Path({str(flow)!r})"
            command = [f"{self.folder}/venv/bin/python", "-c", f"{fetch}; lock_modules(flow); Imports(flow).modules()"]
            subprocess.run(command, env=environment, check=True)

    @property
    def installed(self) -> Path:
        """What the install script of a package would make."""
        return self.folder / "installed"

    def run(self, tier: Tier, attacker: str, room: Path) -> dict[str, Any]:
        """What became of the attempts, by name. Raises RuntimeError with the last words of a run that broke."""
        return self._run(tier.place, room, attacker, json.dumps(dict(tier.changes)))

    def run_unlocked(self, attacker: str, room: Path) -> dict[str, Any]:
        return self._run("root", room, attacker, "unlocked")

    def _run(self, place: str, room: Path, *what: str) -> dict[str, Any]:
        commands = {"runsc": self._gvisor, "podman": self._podman, "kubernetes": self._podman}
        command = commands.get(place, self._here)(place, room, *what)
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(f"the suite broke ({done.returncode}): {done.stderr[-3000:]}")
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def _here(self, place: str, room: Path, *what: str) -> list[str]:
        nested = room / "readable/nested"
        nested.mkdir(parents=True)
        become: list[str] = []
        if place == "nobody":
            become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            for path in (room, room / "readable"):
                os.chown(path, NOBODY, NOBODY)
        script = f'mount -t tmpfs -o mode=777 nested {nested} && exec "$@"'
        environment = ["env", "-i", *_pairs(self._settings(self.folder / "suite", self.folder / "cache"))]
        own = ["unshare", "--mount", "sh", "-c", script, "sh", *become, *environment]
        return [*own, *self._command(self.folder / "venv", room, *what)]

    def _podman(self, place: str, room: Path, *what: str) -> list[str]:
        """As a pod of the restricted standard. Without the unified hierarchy, where crun refuses a mixed one."""
        options = [
            "--root", f"{room}/storage", "--runroot", f"{room}/run", "--storage-driver=vfs", "--runtime=crun",
            "--cgroup-manager=cgroupfs", "run", "--rm", "--network=none", "--cgroups=disabled", "--read-only",
            "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--user={NOBODY}:{NOBODY}",
            "--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000",
        ]  # fmt: skip
        if place == "kubernetes":
            write_kubernetes_profile(room / "seccomp.json")
            options.append(f"--security-opt=seccomp={room}/seccomp.json")
        options += [f"--tmpfs={path}:mode=1777" for path in _OWN]
        options += [f"--volume={source}:{path}:ro" for path, source in self._shown().items()]
        options += [f"--env={pair}" for pair in _pairs(self._settings(Path("/suite"), Path("/cache")))]
        options += ["--rootfs", str(_empty_root(room))]
        script = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec podman "$@"'
        return [
            "unshare",
            "--mount",
            "sh",
            "-c",
            script,
            "podman",
            *options,
            *self._command(Path("/venv"), Path("/room"), *what),
        ]

    def _gvisor(self, place: str, room: Path, *what: str) -> list[str]:
        del place
        mounts = [{"destination": "/proc", "type": "proc", "source": "proc"}]
        own = [_mount(path, "tmpfs", ["mode=1777"]) for path in ("/dev", *_OWN)]
        shown = [_mount(path, "bind", ["rbind", "ro"], source) for path, source in self._shown().items()]
        no_capability: list[str] = []
        process = {
            "user": {"uid": NOBODY, "gid": NOBODY},
            "args": self._command(Path("/venv"), Path("/room"), *what),
            "env": _pairs(self._settings(Path("/suite"), Path("/cache"))),
            "cwd": "/",
            "noNewPrivileges": True,
            "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), no_capability),
        }
        namespaces = [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")]
        config = {
            "ociVersion": "1.0.0",
            "process": process,
            "root": {"path": str(_empty_root(room)), "readonly": True},
            "mounts": [*mounts, *own, *shown],
            "linux": {"namespaces": namespaces},
        }
        (room / "config.json").write_text(json.dumps(config))
        flags = [f"--root={room}/state", "--platform=systrap", "--network=none", "--ignore-cgroups"]
        # In mounts of its own, for it leaves one behind.
        return ["unshare", "--mount", runsc(), *flags, "run", f"--bundle={room}", f"escape-{os.getpid()}"]

    def _shown(self) -> dict[str, str]:
        own = {f"/{name}": f"{self.folder}/{name}" for name in ("venv", "suite", "cache")}
        return {"/usr": "/usr", "/etc": "/etc", **own}

    def _settings(self, suite: Path, cache: Path) -> dict[str, str]:
        """The environment, where these folders lie there."""
        return {
            "PYTHONPATH": f"{suite}:{suite}/src",
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(cache),
            "DENO_NO_UPDATE_CHECK": "1",
        }

    def _command(self, venv: Path, room: Path, *what: str) -> list[str]:
        return [f"{venv}/bin/python", "-m", "tests.escape.inside.run", str(room), *what]


_OWN: Final = ("/tmp", "/room", "/room/readable", "/room/readable/nested")


def missing(place: str) -> str:
    """What this machine lacks for a place, and what to type; "" when nothing."""
    if os.geteuid() != 0:
        return "its tiers are set up by root: run `make test` as root"
    if place == "runsc" and not Path(runsc()).exists():
        return "no runsc: `SYSTEM=1 make components` builds it"
    if place in ("podman", "kubernetes") and not (shutil.which("podman") and shutil.which("crun")):
        return "no podman and crun: `SYSTEM=1 make components` installs them"
    return ""


def runsc() -> str:
    return shutil.which("runsc") or str(CACHE / "bin/runsc")


def _pairs(settings: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in settings.items()]


def _mount(path: str, kind: str, options: list[str], source: str = "tmpfs") -> dict[str, Any]:
    return {"destination": path, "type": kind, "source": source, "options": options}


def _empty_root(room: Path) -> Path:
    """The root of a container: places to mount to, and Debian's links into /usr."""
    root = room / "root"
    for name in ("tmp", "proc", "sys", "dev", "usr", "etc", "room", "suite", "venv", "cache"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    return root
