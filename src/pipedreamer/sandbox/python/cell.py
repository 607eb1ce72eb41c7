"""The process between zygote and workers: it takes a policy, enters its jail, and forks workers under its lock."""

import os
import socket
from dataclasses import dataclass
from typing import Final

import msgspec

from pipedreamer.sandbox.lock import jail, limits
from pipedreamer.sandbox.lock.kernel import prctl
from pipedreamer.sandbox.lock.locking import Lock, rules_of, system_paths
from pipedreamer.sandbox.lock.policy import Held, Policy
from pipedreamer.sandbox.lock.probe import probe
from pipedreamer.sandbox.python import program, worker
from pipedreamer.sandbox.python.forker import Forker

_SET_PDEATHSIG: Final = 1


class Cells:
    """Forks cells; the kernel is probed once, before the first."""

    def __init__(self) -> None:
        limits.small_stacks()
        self._held = probe()

    def begin(self, descriptors: list[int]) -> None:
        """Be a cell: descriptors are its control socket and a file with the policy, as msgpack."""
        prctl(_SET_PDEATHSIG, 9)
        control = socket.socket(fileno=descriptors[0])
        with open(descriptors[1], "rb") as file:  # noqa: PTH123 - a descriptor
            policy = msgspec.msgpack.decode(file.read(), type=Policy)
        standing = limits.footing()
        held = self._held
        if not policy.landlock:
            held = msgspec.structs.replace(held, landlock=0)
        if not policy.notify:
            held = msgspec.structs.replace(held, notify="left out")
        try:
            if policy.namespaces:
                held = msgspec.structs.replace(held, modes=jail.enter(policy, system_paths()))
                prctl(_SET_PDEATHSIG, 9)  # a new user has it cleared
            else:
                held = msgspec.structs.replace(held, namespaces="left out", threads=policy.uid is not None)
            lock = Lock(policy, held, standing, rules_of(policy, held))
            lock.prepare()
        except OSError as error:
            control.send(b"failed " + str(error).encode())
            os._exit(0)
        _tell(control, held)
        Forker(control, Cell(lock).begin).serve()
        os._exit(0)


def _tell(control: socket.socket, held: Held) -> None:
    """Say which layers hold; a jail's /tmp goes along, for nobody outside can look at it otherwise."""
    message = b"holds " + msgspec.json.encode(held)
    if held.namespaces:
        control.send(message)
        return
    scratch = os.open(jail.SCRATCH, os.O_RDONLY | os.O_DIRECTORY)
    socket.send_fds(control, [message], [scratch])
    os.close(scratch)


@dataclass(frozen=True, slots=True)
class Cell:
    """Begins workers under one lock."""

    lock: Lock

    def begin(self, descriptors: list[int]) -> None:
        if self.lock.policy.program:
            program.become(self.lock, *descriptors)
        worker.main(self.lock, *descriptors)
