"""What this machine's kernel really does: each layer is tried in a child, for a version number proves little."""

import mmap
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pipedreamer.sandbox.lock import landlock, seccomp
from pipedreamer.sandbox.lock.kernel import prctl
from pipedreamer.sandbox.lock.policy import Held

_NO_NEW_PRIVS: Final = 38
_TRIED: Final = 64 << 20
_NEVER_AN_ANSWER: Final = "the trial ended without an answer"


def probe() -> Held:
    """Try all layers but the namespaces, which are tried by entering them."""
    return Held(
        namespaces="",
        landlock=landlock.version(),
        seccomp=_in_a_child(lambda: _load_filter(notify=False)) if seccomp.known() else "no list for this processor",
        notify=_in_a_child(lambda: _load_filter(notify=True)) if seccomp.known() else "no list for this processor",
        data_limit=_in_a_child(_allocate_beyond_limit),
        threads=True,
    )


def _load_filter(*, notify: bool) -> None:
    prctl(_NO_NEW_PRIVS, 1)
    seccomp.load(os.getpid(), seccomp.Kind(tcp=notify, notify=notify))
    try:
        os.mkfifo("/nowhere/at/all")
    except PermissionError:
        return
    except OSError:
        pass
    raise OSError(0, "the filter is loaded and lets everything through")


def _allocate_beyond_limit() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (used + _TRIED // 4,) * 2)
    try:
        mmap.mmap(-1, _TRIED, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, MemoryError):
        return
    raise OSError(0, "the kernel does not enforce RLIMIT_DATA")


def _in_a_child(trial: Callable[[], None]) -> str:
    """Why it did not work, "" when it did."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        text = _NEVER_AN_ANSWER
        try:
            trial()
            text = ""
        except OSError as error:
            text = error.strerror or str(error)
        finally:
            os.write(theirs, b"=" + text.encode())
            os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as answer:  # noqa: PTH123 - a descriptor
        said = answer.read()
    os.waitpid(child, 0)
    return said[1:].decode() if said.startswith(b"=") else _NEVER_AN_ANSWER
