"""A registry on loopback: packages of npm and JSR, and modules by address. Nothing outside of this machine is asked."""

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote


class Registry:
    """Answers below `/npm/` as npm does, elsewhere with `files`; `requests` are the paths that were asked for.

    `open` lets archives through, `elsewhere` keeps them at addresses of another form.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.asked_for_archive = threading.Event()
        self.open = threading.Event()
        self.open.set()
        self.elsewhere = False
        self.address = ""
        self._packages: dict[str, dict[str, tuple[bytes, dict[str, Any]]]] = {}

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a person who is set up for this registry."""
        hosts = self.address.removeprefix("http://")
        npm = f"{self.address}/npm/"
        return {"NPM_CONFIG_REGISTRY": npm, "JSR_URL": self.address, "PIPEDREAMER_ALLOW_IMPORT": hosts}

    def add(self, name: str, version: str, source: str, files: dict[str, str] | None = None, **more: Any) -> None:
        """An npm package with one module, which may import others; `more` goes into its package.json."""
        about = {"name": name, "version": version, "type": "module", "main": "index.js", **more}
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w:gz") as archive:
            for path, text in {"package.json": json.dumps(about), "index.js": source, **(files or {})}.items():
                member = tarfile.TarInfo(f"package/{path}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        self._packages.setdefault(name, {})[version] = (held.getvalue(), about)

    def add_jsr(self, name: str, version: str, source: str) -> None:
        """A package of JSR with one module."""
        content = source.encode()
        manifest = {"/mod.ts": {"size": len(content), "checksum": f"sha256-{hashlib.sha256(content).hexdigest()}"}}
        held = self.files.get(f"/{name}/meta.json", b'{"versions": {}}')
        versions = {**json.loads(held)["versions"], version: {}}
        scope, _, package = name.removeprefix("@").partition("/")
        meta = {"scope": scope, "name": package, "latest": version, "versions": versions}
        self.files[f"/{name}/meta.json"] = json.dumps(meta).encode()
        self.files[f"/{name}/{version}_meta.json"] = json.dumps(
            {"manifest": manifest, "exports": {".": "./mod.ts"}}
        ).encode()
        self.files[f"/{name}/{version}/mod.ts"] = content

    def answer(self, path: str) -> bytes | None:
        self.requests.append(path)
        if not path.startswith("/npm/"):
            return self.files.get(path)
        name, archive, file = path.removeprefix("/npm/").partition("/-/")
        if not archive:
            return self._document(name)
        self.asked_for_archive.set()
        self.open.wait()
        version = file.removesuffix(".tgz").partition(f"{name.rpartition('/')[2]}-")[2]
        found = self._packages.get(name, {}).get(version)
        return found[0] if found and self.elsewhere == file.startswith("kept-") else None

    def _document(self, name: str) -> bytes | None:
        versions = {}
        for version, (archive, about) in self._packages.get(name, {}).items():
            file = f"{'kept-' if self.elsewhere else ''}{name.rpartition('/')[2]}-{version}.tgz"
            digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
            where = {"tarball": f"{self.address}/npm/{name}/-/{file}", "integrity": f"sha512-{digest}"}
            versions[version] = {**about, "hasInstallScript": "scripts" in about, "dist": where}
        if not versions:
            return None
        times = dict.fromkeys(versions, "2020-01-01T00:00:00Z")
        return json.dumps(
            {"name": name, "dist-tags": {"latest": max(versions)}, "versions": versions, "time": times}
        ).encode()


class Handler(BaseHTTPRequestHandler):
    registry: Registry

    def do_GET(self) -> None:
        content = self.registry.answer(unquote(self.path))
        self.send_response(404 if content is None else 200)
        kinds = {".ts": "application/typescript", ".json": "application/json"}
        self.send_header("Content-Type", kinds.get(Path(self.path).suffix, "text/plain"))
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        with suppress(ConnectionError):  # Deno does not wait for what it no longer needs
            self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name


@contextmanager
def serving() -> Iterator[Registry]:
    """A registry that has one package, alpha 1.0.0, and answers until the end."""
    made = Registry()
    made.add("alpha", "1.0.0", "export const value = 'one';", {"LICENSE": "MIT"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"registry": made}))
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        made.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
