"""The zygote: started with an empty environment, it forks a jail for every policy, and a jail forks the workers.

Run as a script under `-I -S`, so that no site directory and no `.pth` file is ever processed. It holds trusted
libraries and nothing of any workflow; descriptor 0 is the control socket. Arguments: folders to import from.
"""

import gc
import os
import signal
import socket
import sys


def main(folders: list[str]) -> None:
    """Serve until the engine closes the control socket."""
    # A signal to the whole group or unit is for the engine, which still needs its workers to finish what runs.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.path.extend(folders)
    from pipedreamer.sandbox.python import cell, worker  # the path is known only now
    from pipedreamer.sandbox.python.forker import Forker

    worker.preload()
    sys.path[:] = [folder for folder in sys.path if folder not in folders]
    cells = cell.Cells()
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    gc.collect()
    gc.freeze()
    Forker(control, cells.begin).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
