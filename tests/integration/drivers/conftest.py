"""A real PostgreSQL on loopback, and a real HTTP server beside it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a PostgreSQL that lets everyone in; it runs as a user that is not root."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is missing; `SYSTEM=1 make components` installs it")
        pytest.skip("PostgreSQL is missing; `SYSTEM=1 make components` installs it")
    folder = tmp_path_factory.mktemp("postgres")
    as_user: dict[str, int] = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        as_user = {"user": entry.pw_uid, "group": entry.pw_gid}
        for part in (folder, folder.parent, folder.parent.parent):
            part.chmod(0o755)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data, port = folder / "data", free_port()
    bin_folder = programs[-1].parent
    initialise = [str(bin_folder / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "--no-sync"]
    subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)  # type: ignore[call-overload]
    settings = ("-h", "127.0.0.1", "-p", str(port), "-k", "", "-F")
    server = subprocess.Popen(
        [str(bin_folder / "postgres"), "-D", str(data), *settings], stderr=subprocess.DEVNULL, cwd=folder, **as_user
    )  # type: ignore[call-overload]
    try:
        _wait(port, server)
        yield port
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL does not listen")
