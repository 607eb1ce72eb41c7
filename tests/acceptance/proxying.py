"""A reverse proxy as that of Kubernetes' API server: it takes a prefix away and keeps `Authorization` for itself.

Like that one it passes `Host` on as it came (here: as `host` says), adds `X-Forwarded-*`, and streams answers.
"""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREFIX = "/api/v1/namespaces/team/services/flow:8080/proxy"
_KEPT = {"authorization", "host", "connection"}


class _Handler(BaseHTTPRequestHandler):
    target: int
    host: str | None

    def do_GET(self) -> None:
        if not self.path.startswith(f"{PREFIX}/"):
            self.send_error(404)
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        try:
            self._pass_on(upstream)
        finally:
            upstream.close()

    def do_POST(self) -> None:
        self.do_GET()

    def _pass_on(self, upstream: http.client.HTTPConnection) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _KEPT}
        headers |= {"Host": self.host or self.headers["Host"], "X-Forwarded-For": "203.0.113.9"}
        headers |= {"X-Forwarded-Uri": self.path}
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        upstream.request(self.command, self.path.removeprefix(PREFIX), body, headers)
        answer = upstream.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "date"}:
                self.send_header(name, value)
        self.end_headers()
        with suppress(OSError, http.client.HTTPException):
            while part := answer.read1(65536):
                self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name


@contextmanager
def proxied(target: int, host: str | None = None) -> Iterator[str]:
    """The address of a proxy before the engine at the port `target`, without a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"target": target, "host": host}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
