"""A real PostgreSQL on loopback, which lets in everyone but the user `locked`, who needs a password."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest


class Server:
    """Ends and comes back at the same port, with what was in it."""

    def __init__(self, folder: Path) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if not programs:
            if os.environ.get("CI") == "true":
                pytest.fail("PostgreSQL is missing; `SYSTEM=1 make components` installs it")
            pytest.skip("PostgreSQL is missing; `SYSTEM=1 make components` installs it")
        self._programs = programs[-1].parent
        self._folder = folder
        self._as_user: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:  # it refuses to run as root
            entry = pwd.getpwnam("postgres")
            self._as_user = {"user": entry.pw_uid, "group": entry.pw_gid}
            for part in (folder, folder.parent, folder.parent.parent):
                part.chmod(0o755)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        self._data = str(folder / "data")
        initialise = [f"{self._programs}/initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, cwd=folder, **self._as_user)
        rules = folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all locked all scram-sha-256\n{rules.read_text()}")
        self.port = _free_port()

    def start(self) -> None:
        settings = ("-h", "127.0.0.1", "-p", str(self.port), "-k", "", "-F")
        command = [f"{self._programs}/postgres", "-D", self._data, *settings]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=self._folder, **self._as_user)
        self._process = process
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended with {process.returncode}")
            is_ready = [f"{self._programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(is_ready, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL takes no connections")

    def stop(self) -> None:
        """At once, as in a crash of it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server of one's own; it runs as a user that is not root."""
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    """None of those that connections are given: whoever connects to one while the server is away may meet itself."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(min(lowest, 20_000) // 2, min(lowest, 30_000)), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("there is no free port")
