"""What a worker may do, as the engine tells it to the process that forks workers."""

from typing import Final, Literal

import msgspec


class Program(msgspec.Struct, frozen=True):
    """What a locked process becomes instead of a Python worker, which it is if there is none.

    `arguments` begin with the program's file, and `SCRATCH` in them is the worker's own folder; `env` is all of its
    environment beside the policy's. `data` is what it takes as it is as the limit on data counts it, `resident` the
    most of it that is in memory; both in bytes.
    """

    arguments: tuple[str, ...]
    env: dict[str, str]
    data: int
    resident: int


SCRATCH: Final = "\0"
"""Which folder that is, the locked process alone knows; no path holds this."""


class Policy(msgspec.Struct, frozen=True):
    """One profile: the same for every worker that is forked under it.

    Paths are absolute, their links resolved. `whole` are files and folders to be read with all below them, `listed`
    folders that are listed and no more, `links` symbolic links in listed folders, `write` what may be changed as well.
    `scratch` is the folder to use where no own /tmp can be made; `scratch_size` and `memory` are in bytes, `memory` is
    what a worker may take beyond what it starts with. `tcp` opens sockets whose every connect the engine answers.
    `uid` is the user that workers become, None for the engine's own. `namespaces`, `landlock` and `notify` false leave
    that layer out. With a `program` the connects of TCP need a kernel that can ask the engine.
    """

    whole: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    scratch: str = ""
    scratch_size: int = 64 * 1024 * 1024
    env: dict[str, str] = {}
    memory: int = 256 * 1024 * 1024
    tcp: bool = False
    uid: int | None = None
    namespaces: bool = True
    landlock: bool = True
    notify: bool = True
    program: Program | None = None


class Held(msgspec.Struct, frozen=True):
    """Which layers hold under a policy on this machine; a text says why one does not, "" means that it does.

    `landlock` is the version of its interface, 0 where there is none. `threads` tells whether the kernel counts them,
    `modes` whether the namespaces keep modes, times and lengths of files that may only be read.
    """

    namespaces: str
    landlock: int
    seccomp: str
    notify: str
    data_limit: str
    threads: bool
    modes: bool = False

    def asks_engine(self, policy: Policy) -> bool:
        """Whether sockets may be opened under this policy, and Python itself must ask the engine to connect them."""
        return policy.tcp and bool(self.notify)

    @property
    def restricts_files(self) -> bool:
        """Whether Landlock alone would hold the files."""
        return self.landlock >= OLDEST_LANDLOCK


OLDEST_LANDLOCK: Literal[3] = 3
"""The first version of Landlock that knows of truncating (Linux 6.2); an older one leaves a hole."""
