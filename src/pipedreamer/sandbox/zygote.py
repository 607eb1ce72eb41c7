"""The engine's hold on the zygote: a small trusted process, free of secrets, from which all workers descend.

It is started before anything else of the engine is loaded, so nothing is imported here that takes long.
"""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipedreamer.errors import SandboxError

if TYPE_CHECKING:
    import asyncio

    from pipedreamer.sandbox.forks import Forks


class Zygote:
    """Started at once, so that it warms up while the engine still imports; the first `fork` binds it to a loop.

    When it dies, all that descend from it die with it (the kernel sees to that).
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        boot = Path(__file__).parent / "python" / "boot.py"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(boot), *_import_folders()],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"the worker's parent process cannot be started: {error}") from error
        finally:
            theirs.close()
        self._connection = ours
        self._forks: Forks | None = None

    @property
    def alive(self) -> bool:
        """False once it has died; not yet noticed before the first `fork`."""
        return self._forks is None or self._forks.control.alive

    async def fork(self, descriptors: list[int]) -> "tuple[int, int, asyncio.Future[int]]":
        """A new cell's process id, pidfd and exit code. Raises OSError and TimeoutError."""
        if self._forks is None:
            from pipedreamer.sandbox.forks import Forks  # here, because it needs asyncio

            self._forks = Forks(self._connection)
            self._forks.control.attach()
            self._forks.over.add_done_callback(self._bury)
        return await self._forks.fork(descriptors)

    def _bury(self, over: "asyncio.Future[None]") -> None:
        """It has hung up, so that it is dead or dying: leave no defunct process behind."""
        self._process.kill()
        over.get_loop().run_in_executor(None, self._process.wait)

    def close(self) -> None:
        """End the zygote and, with it, every worker that is left."""
        if self._forks is not None:
            self._forks.control.close()
        self._connection.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Zygotes:
    """The zygote in use, which several pools share; a dead one is replaced."""

    def __init__(self, first: Zygote | None = None) -> None:
        self._zygote = first or Zygote()

    def living(self) -> Zygote:
        """One that lives. Raises `SandboxError` when none can be started."""
        if not self._zygote.alive:
            self._zygote = Zygote()
        return self._zygote

    def close(self) -> None:
        """End it, after the pools."""
        self._zygote.close()


def _import_folders() -> list[str]:
    """Where the worker's own trusted libraries are: with `-S` it would not find them."""
    found = (importlib.util.find_spec(package) for package in ("pipedreamer", "msgspec", "orjson"))
    return list(dict.fromkeys(str(Path(spec.origin).parent.parent) for spec in found if spec and spec.origin))
