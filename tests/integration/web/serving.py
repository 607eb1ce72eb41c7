"""The twin over real HTTP on a free port of loopback, below any prefix."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.integration.web.twin import Json, Twin

from pipedreamer.web import PAGE_HEADERS, Kind, Site

LINES = 500


class Handler(BaseHTTPRequestHandler):
    """Answers as docs/page.md says that the engine does."""

    protocol_version = "HTTP/1.1"
    twin: Twin
    site: Site
    prefix: str
    asked: list[str]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.asked.append(self.path)
        query = dict(parse_qsl(parts.query))
        if not parts.path.startswith(self.prefix) or self.twin.away:
            self.close_connection = True
            self.send(503, {"content-type": "text/plain"}, b"away")
            return
        path = parts.path.removeprefix(self.prefix)
        if path.startswith("static/"):
            self.send_static(path)
        elif path == "runs/events" or (path.startswith("runs/") and path.endswith("/events")):
            self.send_events(None if path == "runs/events" else path.split("/")[1])
        elif "text/html" in self.headers.get("Accept", "") and not path.endswith((".json", "/logs")):
            self.send_page(path, query)
        else:
            self.send_json(path.removesuffix(".json"), query)

    def do_POST(self) -> None:
        path = urlsplit(self.path).path.removeprefix(self.prefix)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
        self.twin.posted.append((path, body))
        if self.twin.refusals:
            self.answer(*self.twin.refusals.pop(0))
        elif path == "run":
            self.answer(202, {"id": self.twin.add("running", 0, input=body)["id"]})
        elif path.endswith("/rerun"):
            old = self.twin.runs[path.split("/")[1]]
            again: Json = {"rerunOf": old["id"], "rerunFrom": body["from"] or [], "trigger": "rerun"}
            self.answer(202, {"id": self.twin.add("running", 0, input=body.get("input", old["input"]), **again)["id"]})
        else:
            self.answer(202, {"id": path.split("/")[1]})

    def send_static(self, path: str) -> None:
        file = self.site.file(path)
        if file is None:
            self.answer(404, {"error": f"there is no {path}"})
            return
        self.send(200, *file.answer(self.headers.get("Accept-Encoding", "")))

    def send_page(self, path: str, query: dict[str, str]) -> None:
        workflow = self.twin.workflow
        kind: Kind = "workflow"
        data: Json = {"workflow": workflow, "query": query, "asks_login": True}
        if path == "":
            data["runs"] = self.twin.summaries({"limit": "50"})
        elif path == "runs":
            kind, data["runs"] = "runs", self.twin.summaries(query)
        elif path == "login":
            kind, data = "login", {"message": query.get("message", ""), "next": ""}
        elif path.removeprefix("runs/") in self.twin.runs:
            name = path.removeprefix("runs/")
            kind, data["run"], data["logs"] = "run", self.twin.runs[name], self.logs(name, {})
        else:
            kind, data = "error", {**data, "status": 404, "message": f"There is no {path}."}
        base = "../" if path.startswith("runs/") else "./"
        self.send(404 if kind == "error" else 200, PAGE_HEADERS, self.site.page(kind, data, base))

    def send_json(self, path: str, query: dict[str, str]) -> None:
        match path.split("/"):
            case ["workflow"]:
                self.answer(200, self.twin.workflow)
            case ["runs"]:
                self.answer(200, self.twin.summaries(query))
            case ["runs", name] if name in self.twin.runs:
                self.answer(200, self.twin.runs[name])
            case ["runs", name, "logs"] if name in self.twin.runs:
                self.answer(200, self.logs(name, query))
            case ["large"]:
                self.answer(200, {"items": [{"number": number} for number in range(20_000)]})
            case _:
                self.answer(404, {"error": f"there is no {path}"})

    def logs(self, name: str, query: dict[str, str]) -> Json:
        after = int(query.get("after") or 0)
        lines = self.twin.lines[name]
        found = lines[after : after + LINES]
        return {"lines": found, "next": after + LINES if after + LINES < len(lines) else None}

    def send_events(self, name: str | None) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(b"retry: 200\n\n")
            for event in self.twin.heard(name, int(self.headers.get("Last-Event-ID") or 0)):
                if event is None:
                    self.wfile.write(b": still here\n\n")
                    continue
                number, kind, data = event
                self.wfile.write(f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n".encode())

    def answer(self, status: int, document: Any) -> None:
        self.send(
            status, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(document).encode()
        )

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name


class Served:
    """A twin at an address; `asked` are the paths that were asked for."""

    def __init__(self, twin: Twin, address: str, asked: list[str]) -> None:
        self.twin = twin
        self.address = address
        self.asked = asked


@contextmanager
def serving(twin: Twin, prefix: str = "/", port: int = 0) -> Iterator[Served]:
    """Answers until the end."""
    asked: list[str] = []
    bound = type("Bound", (Handler,), {"twin": twin, "site": Site(), "prefix": prefix, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", port), bound)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Served(twin, f"http://127.0.0.1:{server.server_port}{prefix}", asked)
    finally:
        twin.drop()
        server.shutdown()
        server.server_close()
        thread.join()
