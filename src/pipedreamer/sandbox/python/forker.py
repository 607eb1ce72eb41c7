"""A process that forks another for every request on its control socket, and tells of those that end."""

import os
import select
import signal
import socket
from collections.abc import Callable
from typing import Final

MOST_DESCRIPTORS: Final = 4

LOOK_S = 1.0

Begin = Callable[[list[int]], None]
"""What a child does with the descriptors of its request; it never returns."""


class Forker:
    """Requests are `NUMBER` with descriptors; the answers `started NUMBER PID` with a pidfd, and `ended PID CODE`."""

    def __init__(self, control: socket.socket, begin: Begin) -> None:
        self._control = control
        self._begin = begin
        self._children: set[int] = set()

    def serve(self) -> None:
        """Until the engine closes the control socket. In a child it does not come back."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            # A kernel may wake us before the child can be waited for (gVisor does): then it is found a little later.
            ready, _, _ = select.select([self._control.fileno(), woken], [], [], LOOK_S if self._children else None)
            try:
                if woken in ready:
                    os.read(woken, 4096)
                self._reap()
                if self._control.fileno() in ready and not self._fork():
                    return
            except (BrokenPipeError, ConnectionResetError):
                return  # the engine has gone in the middle of a request

    def _fork(self) -> bool:
        """Fork a child for one request; False when the engine has gone."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 4096, MOST_DESCRIPTORS)
        if not message:
            return False
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                self._begin(descriptors)
            finally:
                os._exit(1)
        self._children.add(process)
        handle = os.pidfd_open(process)
        socket.send_fds(self._control, [b"started %s %d" % (message, process)], [handle])
        for descriptor in (*descriptors, handle):
            os.close(descriptor)
        return True

    def _reap(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            if process in self._children:
                self._children.discard(process)
                self._control.send(b"ended %d %d" % (process, os.waitstatus_to_exitcode(status)))
