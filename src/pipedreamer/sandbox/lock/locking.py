"""Closing the lock around the calling process; what was given up cannot be had back."""

import os
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pipedreamer.sandbox.lock import jail, landlock, limits, seccomp
from pipedreamer.sandbox.lock.landlock import CHANGE, EXECUTE, LIST, READ, Grant
from pipedreamer.sandbox.lock.policy import Held, Policy

_SYSTEM: Final = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/localtime",
    "/etc/ssl/certs", "/usr/share/ca-certificates", "/etc/mime.types", "/etc/services", "/etc/protocols",
)  # fmt: skip

_INTERPRETERS: Final = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
"""What the kernel starts a program by that is linked with shared libraries."""

_ONE_PROCESSOR: Final = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
)  # fmt: skip
"""A worker is one processor's share: libraries that start threads of their own by these variables start one."""


def system_paths() -> tuple[str, ...]:
    """What every worker reads: Python's own library, shared libraries, certificates, time zones."""
    of_python = (os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    return tuple(dict.fromkeys((*of_python, *_SYSTEM)))


@dataclass(frozen=True, slots=True)
class Lock:
    """Made once by whoever forks workers; `rules` is a Landlock ruleset or -1."""

    policy: Policy
    held: Held
    standing: limits.Footing
    rules: int

    def close(self, keep: set[int]) -> int:
        """Lock the process, but for the descriptors to keep. A seccomp listener's descriptor, or 0.

        Raises OSError when a layer that this machine has does not close.
        """
        policy, held = self.policy, self.held
        program = policy.program
        _close_descriptors(keep | {self.rules} if self.rules >= 0 else keep)
        _set_environment(policy, in_jail=not held.namespaces)
        # A file that was removed while it is open is seen by nobody: without folders to write to, none is larger.
        largest = limits.FILE_SIZE if policy.write else policy.scratch_size
        # Another program has its own; engines of JavaScript take addresses by the terabyte and use few.
        standing = limits.Footing(program.data, 0) if program else self.standing
        limits.bound(standing, policy.memory, largest, data_limit=not held.data_limit, count_threads=held.threads)
        limits.become(policy.uid, writes=bool(policy.write), executes=program is not None)
        if self.rules >= 0:
            landlock.restrict(self.rules)
            os.close(self.rules)
        limits.show_memory(self._calls.notify)
        return seccomp.load(os.getpid(), self._calls) if not held.seccomp else 0

    def own(self) -> "Lock":
        """The same for this process alone: without a jail /proc/self in the rules means whoever makes them."""
        return replace(self, rules=rules_of(self.policy, self.held))

    def prepare(self) -> None:
        """Do ahead what is the same for every worker."""
        if not self.held.seccomp:
            seccomp.program_of(self._calls)

    @property
    def _calls(self) -> seccomp.Kind:
        notify = self.policy.tcp and not self.held.notify
        executes = self.policy.program is not None
        return seccomp.Kind(tcp=self.policy.tcp, notify=notify, keeps_modes=self.held.modes, executes=executes)


def rules_of(policy: Policy, held: Held) -> int:
    """The Landlock ruleset of a policy, or -1 where this kernel's Landlock would leave holes."""
    if not held.restricts_files:
        return -1
    return landlock.ruleset(_grants(policy, in_jail=not held.namespaces), held.landlock)


def _grants(policy: Policy, *, in_jail: bool) -> Iterator[Grant]:
    for path in (*system_paths(), *jail.DEVICES, *policy.whole):
        yield Grant(path, READ)
    for path in (policy.program.arguments[0], *_INTERPRETERS) if policy.program else ():
        yield Grant(path, EXECUTE)
    if policy.program:
        yield Grant(jail.OWN if in_jail else jail.OWN_MAPS, READ)
    yield Grant(os.devnull, CHANGE)
    for path in policy.listed:
        yield Grant(path, LIST)
    scratch = jail.SCRATCH if in_jail else policy.scratch
    for path in (*policy.write, scratch):
        if path:
            yield Grant(path, CHANGE)


def _set_environment(policy: Policy, *, in_jail: bool) -> None:
    # What is there later all the same, a package put there on import: polars _RJEM_MALLOC_CONF, for its allocator.
    os.environ.clear()
    # Seen by libraries in C alone: names are looked up over TCP, which the engine answers.
    os.putenv("RES_OPTIONS", "use-vc")
    for name in _ONE_PROCESSOR:
        os.putenv(name, "1")
    os.environ.update(policy.env)
    os.environ.update(policy.program.env if policy.program else {})
    if not in_jail and policy.scratch:
        os.environ["TMPDIR"] = policy.scratch


def _close_descriptors(keep: set[int]) -> None:
    low = 0
    for descriptor in sorted(keep):
        if low < descriptor:  # an empty range at 0 would close everything
            os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))
