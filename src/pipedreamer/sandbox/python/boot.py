"""The zygote: started with an empty environment, it forks a worker for every request on its control socket.

Run as a script under `-I -S`, so that no site directory and no `.pth` file is ever processed. It holds trusted
libraries and nothing of any workflow; descriptor 0 is the control socket. Arguments: folders to import from.
"""

import ctypes
import gc
import os
import select
import signal
import socket
import sys
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def main(folders: list[str]) -> None:
    """Serve until the engine closes the control socket."""
    # A signal to the whole group or unit is for the engine, which still needs its workers to finish what runs.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.path.extend(folders)
    from pipedreamer.sandbox.python import worker  # the path is known only now

    worker.preload()
    sys.path[:] = [folder for folder in sys.path if folder not in folders]
    # What a node forked and left behind becomes a child of ours when its worker ends, and is ended.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()
    workers: set[int] = set()
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        try:
            if woken in ready:
                os.read(woken, 4096)
                _reap(control, workers)
            if control.fileno() in ready:
                process = _fork(control, worker.main)
                if process == 0:
                    return
                workers.add(process)
        except (BrokenPipeError, ConnectionResetError):
            return  # the engine has gone in the middle of a request


def _fork(control: socket.socket, run_worker: object) -> int:
    """Fork a worker for one request and return its process id, 0 when the engine has gone."""
    message, descriptors, _, _ = socket.recv_fds(control, 4096, 3)
    if not message:
        return 0
    process = os.fork()
    if process == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        run_worker(*descriptors)  # type: ignore[operator]
        os._exit(0)
    handle = os.pidfd_open(process)
    socket.send_fds(control, [b"started %s %d" % (message, process)], [handle])
    for descriptor in (*descriptors, handle):
        os.close(descriptor)
    return process


def _reap(control: socket.socket, workers: set[int]) -> None:
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if process == 0:
            break
        if process in workers:
            workers.discard(process)
            control.send(b"ended %d %d" % (process, os.waitstatus_to_exitcode(status)))
    _end_orphans(workers)


def _end_orphans(workers: set[int]) -> None:
    """Kill what dead workers left behind; each death wakes us again, until none is left."""
    try:
        children = Path("/proc/thread-self/children").read_text()
    except OSError:  # a kernel that does not tell
        return
    for process in map(int, children.split()):
        if process not in workers:
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
