"""A worker that is another program: locked as any worker is, then replaced by it."""

import os
import socket
import tempfile
import time
import traceback
from typing import NoReturn

from pipedreamer.sandbox.lock import jail
from pipedreamer.sandbox.lock.locking import Lock
from pipedreamer.sandbox.lock.policy import SCRATCH
from pipedreamer.sandbox.protocol import LOCKED, SHEET_SIZE


def become(lock: Lock, connection: int, flight: int, output: int) -> NoReturn:
    """Be the policy's program: the engine's socket is its standard input and output, stray output its standard error.

    It begins in its scratch folder. Its last arguments are what to add to nanoseconds since 1970 to get the monotonic
    clock's, which is the wire's, and a file that the engine has open, too (`sandbox/ledger.py`).
    """
    program = lock.policy.program
    try:
        assert program is not None  # noqa: S101 - or another worker is begun
        os.close(flight)
        engine = socket.socket(fileno=connection)
        os.dup2(output, 2)
        if lock.held.namespaces:
            lock = lock.own()
        else:
            jail.show_own_memory()
        listener = lock.close({0, 1, 2, connection})
        sheet, name = tempfile.mkstemp(prefix=".flight-")
        os.posix_fallocate(sheet, 0, SHEET_SIZE)
        given = [sheet, listener] if listener else [sheet]
        socket.send_fds(engine, [LOCKED], given)
        for descriptor in given:
            os.close(descriptor)
        os.set_blocking(connection, True)
        for standard in (0, 1):
            os.dup2(connection, standard)
        os.close(connection)
        scratch = tempfile.gettempdir()
        os.chdir(scratch)
        arguments = [argument.replace(SCRATCH, scratch) for argument in program.arguments]
        offset = time.monotonic_ns() - time.time_ns()
        os.execve(arguments[0], [*arguments, str(offset), name], dict(os.environ))  # noqa: S606
    except BaseException:  # noqa: BLE001 - the last word of a dying process
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(1)
