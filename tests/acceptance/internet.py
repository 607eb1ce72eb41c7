"""An internet of one's own, with the real names: what is run in it finds them all on this machine, behind TLS.

In it there is a cluster too, with a service account as Kubernetes mounts it.
"""

import fcntl
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

_UNSHARE = ["unshare", "--mount", "--net", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
_MAY_MOUNT = subprocess.run([*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0
needs_an_internet = pytest.mark.skipif(not _MAY_MOUNT, reason="this user may make no namespaces")

TOKEN = "the-service-account"
_SET_FLAGS, _UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP: man 7 netdevice


def in_internet(
    person: Any, pages: Mapping[str, Any], *words: str | Path
) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
    """Run a command where `pages` are what there is, JSON by URL; also gives the requests that were made."""
    place: Path = person.folder / "internet"
    place.mkdir()
    (place / "pages").write_text(json.dumps(pages))
    names = ",".join(f"DNS:{name}" for name in sorted({url.split("/")[2] for url in pages}))
    certify(place, names or "DNS:localhost")
    done = subprocess.run(
        [*_UNSHARE, sys.executable, __file__, place, person.program, *words],
        cwd=person.folder,
        env=person.environment({"SSL_CERT_FILE": str(place / "ca.pem")}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    asked = place / "requests"
    assert asked.exists(), done.stderr
    return done, [json.loads(line) for line in asked.read_text().splitlines()]


def certify(place: Path, names: str) -> None:
    """A CA, and a certificate for these names that it signed."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=place, check=True, capture_output=True)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    openssl("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=test")
    (place / "extensions").write_text(f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"]
    openssl("x509", "-req", "-in", "server.csr", *signing, "-out", "server.pem", "-days", "2")


class Page(BaseHTTPRequestHandler):
    pages: Mapping[str, Any] = {}
    requests: Path

    def do_GET(self) -> None:
        url = f"https://{self.headers['Host']}{self.path}"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): text for name, text in self.headers.items()}
        with self.requests.open("a") as file:
            file.write(json.dumps({"method": self.command, "url": url, "headers": headers, "body": body}) + "\n")
        answer = json.dumps(self.pages.get(url)).encode()
        self.send_response(200 if url in self.pages else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Nobody reads it."""


def main(place: Path, words: list[str]) -> int:
    """Inside of the namespaces: make the internet, then run the command in it."""
    Page.pages = json.loads((place / "pages").read_text())
    Page.requests = place / "requests"
    Page.requests.touch()
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    names = sorted({url.split("/")[2] for url in Page.pages})
    (place / "hosts").write_text(f"127.0.0.1 localhost {' '.join(names)}\n")
    _mount("--bind", str(place / "hosts"), "/etc/hosts")
    _mount_service_account(place)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "server.pem", place / "server.key")
    with ThreadingHTTPServer(("127.0.0.1", 443), Page) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        code = subprocess.run(words, check=False).returncode
        server.shutdown()
    return code


def _mount_service_account(place: Path) -> None:
    """As Kubernetes mounts it: links to a folder that is replaced as a whole."""
    _mount("-t", "tmpfs", "none", os.path.realpath("/var/run"))
    mounted = Path("/var/run/secrets/kubernetes.io/serviceaccount")
    (mounted / "..2024_01_01").mkdir(parents=True)
    (mounted / "..data").symlink_to("..2024_01_01")
    for name, text in {"token": f"{TOKEN}\n", "ca.crt": (place / "ca.pem").read_text()}.items():
        (mounted / "..data" / name).write_text(text)
        (mounted / name).symlink_to(f"..data/{name}")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
