"""Real uv against a real index on loopback, whose packages are made here."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipedreamer.errors import PackageError
from pipedreamer.project.packages import environment, lock

BACKEND = """
import pathlib, zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "sourced-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory, name), "w") as wheel:
        wheel.writestr("sourced.py", "VALUE = 'built'\\n")
        wheel.writestr("sourced-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: sourced\\nVersion: 1.0\\n")
        tags = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr("sourced-1.0.dist-info/WHEEL", tags)
        wheel.writestr("sourced-1.0.dist-info/RECORD", "")
    return name
"""


class Index:
    """A folder of packages behind HTTP; `open` lets files through, `requests` are the paths that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        self.asked_for_file = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def add_wheel(self, name: str, version: str, files: dict[str, str]) -> None:
        content = io.BytesIO()
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(content, "w") as wheel:
            for path, text in files.items():
                wheel.writestr(path, text)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        self._add(name, f"{name}-{version}-py3-none-any.whl", content.getvalue())

    def add_source(self, name: str, version: str, files: dict[str, str]) -> None:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as archive:
            for path, text in files.items():
                member = tarfile.TarInfo(f"{name}-{version}/{path}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        self._add(name, f"{name}-{version}.tar.gz", content.getvalue())

    def _add(self, name: str, file: str, content: bytes) -> None:
        folder = self.folder / "simple" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
        files = sorted(path for path in folder.iterdir() if path.name != "index.html")
        hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        links = [f'<a href="{file}#sha256={digest}">{file}</a>' for file, digest in hashes.items()]
        (folder / "index.html").write_text("<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>")

    @contextmanager
    def served(self) -> Iterator[str]:
        index = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                index.requests.append(self.path)
                if self.path.endswith((".whl", ".gz")):
                    index.asked_for_file.set()
                    index.open.wait()
                super().do_GET()

            def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name

        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(self.folder)))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}/simple"
        finally:
            index.open.set()
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    made = Index(tmp_path / "index")
    made.add_wheel("alpha", "1.0", {"alpha.py": "VALUE = 'one'\n"})
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with made.served() as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://{address}")
        yield made


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    folder = tmp_path / "flow"
    folder.mkdir()
    (folder / "requirements.txt").write_text("alpha\n")
    return folder


def imported(site: Path | None, expression: str) -> str:
    """What a worker would see: a bare interpreter with the folder appended to its path."""
    code = f"import sys; sys.path.append({str(site)!r}); print({expression})"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def environments(tmp_path: Path) -> list[str]:
    folder = tmp_path / "cache/pipedreamer/environments"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_packages_are_locked_installed_and_imported(index: Index, flow: Path, tmp_path: Path) -> None:
    said: list[str] = []
    report = lock(flow, say=said.append)
    assert (report.file, report.packages, report.changed) == (flow / "requirements.lock", ("alpha==1.0",), True)
    text = (flow / "requirements.lock").read_text()
    assert "--hash=sha256:" in text
    assert "127.0.0.1" not in text
    assert "://" not in text
    site = environment(flow, say=said.append)
    assert imported(site, "__import__('alpha').VALUE") == "one"
    assert said == [f"locking the packages of {flow}/requirements.txt", f"installing 1 package for {flow} (once)"]
    assert sorted(path.name for path in flow.iterdir()) == ["requirements.lock", "requirements.txt"]


def test_an_environment_has_the_locked_packages_compiled_and_nothing_else(index: Index, flow: Path) -> None:
    lock(flow)
    site = environment(flow)
    assert site is not None
    assert sorted(path.name for path in site.iterdir()) == ["__pycache__", "alpha-1.0.dist-info", "alpha.py"]
    assert [path.suffix for path in (site / "__pycache__").iterdir()] == [".pyc"]


def test_an_environment_is_used_again_without_asking_the_index(index: Index, flow: Path, tmp_path: Path) -> None:
    lock(flow)
    first = environment(flow)
    asked = len(index.requests)
    flow.rename(tmp_path / "moved")
    assert environment(tmp_path / "moved") == first
    assert len(index.requests) == asked


def test_locking_again_keeps_versions_until_an_upgrade(index: Index, flow: Path) -> None:
    lock(flow)
    index.add_wheel("alpha", "2.0", {"alpha.py": ""})
    again = lock(flow)
    assert (again.packages, again.changed) == (("alpha==1.0",), False)
    upgraded = lock(flow, upgrade=True)
    assert (upgraded.packages, upgraded.changed) == (("alpha==2.0",), True)


def test_a_lock_goes_when_nothing_is_asked_for(index: Index, flow: Path) -> None:
    lock(flow)
    (flow / "requirements.txt").unlink()
    assert lock(flow).changed
    assert not (flow / "requirements.lock").exists()
    assert environment(flow) is None


def test_files_that_changed_on_the_index_are_not_installed(index: Index, flow: Path, tmp_path: Path) -> None:
    lock(flow)
    index.add_wheel("alpha", "1.0", {"alpha.py": "VALUE = 'evil'\n"})
    with pytest.raises(PackageError, match=r"alpha==1\.0 on the index are not the ones that were locked"):
        environment(flow)
    assert environments(tmp_path) == []


def test_a_package_without_a_wheel_needs_permission_to_build(index: Index, flow: Path) -> None:
    pyproject = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    metadata = "Metadata-Version: 2.1\nName: sourced\nVersion: 1.0\n"
    index.add_source("sourced", "1.0", {"PKG-INFO": metadata, "pyproject.toml": pyproject, "backend.py": BACKEND})
    (flow / "requirements.txt").write_text("sourced\n")
    with pytest.raises(PackageError, match=r"sourced has no wheel .*`--allow-build`"):
        lock(flow)
    assert lock(flow, allow_build=True).packages == ("sourced==1.0",)
    with pytest.raises(PackageError, match=r"sourced has no wheel .*`--allow-build`"):
        environment(flow)
    assert imported(environment(flow, allow_build=True), "__import__('sourced').VALUE") == "built"


def test_a_package_that_does_not_exist_is_named(index: Index, flow: Path) -> None:
    (flow / "requirements.txt").write_text("alpha\nnowhere-to-be-found\n")
    with pytest.raises(PackageError, match="there is no package nowhere-to-be-found on the index") as caught:
        lock(flow)
    assert "\n" not in str(caught.value)
    assert not (flow / "requirements.lock").exists()


def test_versions_that_do_not_fit_together_are_told(index: Index, flow: Path) -> None:
    (flow / "requirements.txt").write_text("alpha>2\n")
    with pytest.raises(PackageError, match=r"no versions fit together: loosen a requirement .*alpha>2"):
        lock(flow)


def test_credentials_of_an_index_are_never_shown(index: Index, flow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = os.environ["UV_DEFAULT_INDEX"].removeprefix("http://")
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://somebody:pass-word@{address}")
    lock(flow)
    assert "pass-word" not in (flow / "requirements.lock").read_text()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://somebody:pass-word@127.0.0.1:1/simple")
    with pytest.raises(PackageError, match="the package index cannot be reached") as caught:
        lock(flow, upgrade=True)
    assert "pass-word" not in str(caught.value)


def test_pip_s_index_is_used_where_uv_has_none(index: Index, flow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", os.environ["UV_DEFAULT_INDEX"])
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    assert lock(flow).packages == ("alpha==1.0",)


def test_an_index_that_the_folder_sets_for_uv_is_not_used(index: Index, flow: Path) -> None:
    (flow / "uv.toml").write_text('index-url = "http://127.0.0.1:1/simple"\n')
    assert lock(flow).packages == ("alpha==1.0",)


def test_a_pth_file_is_told_and_not_processed(index: Index, flow: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    index.add_wheel("beta", "1.0", {"beta.pth": f"import pathlib; pathlib.Path({str(ran)!r}).touch()\n", "beta.py": ""})
    (flow / "requirements.txt").write_text("beta\n")
    lock(flow)
    said: list[str] = []
    imported(environment(flow, say=said.append), "__import__('beta')")
    assert said[1] == "beta.pth is not processed: a package that needs it may not work in a node"
    assert not ran.exists()


def test_a_workflow_for_a_later_python_is_refused_here(index: Index, flow: Path) -> None:
    (flow / "requirements.txt").unlink()
    (flow / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.99'\ndependencies = ['alpha']\n")
    lock(flow)
    with pytest.raises(PackageError, match=r"the workflow needs Python 3\.99, and this is 3"):
        environment(flow)


INSTALL = """
import pathlib, sys
from pipedreamer.project.packages import environment
print(environment(pathlib.Path(sys.argv[1])))
"""


def test_two_at_once_make_one_environment(index: Index, flow: Path, tmp_path: Path) -> None:
    lock(flow)
    index.open.clear()
    both = [
        subprocess.Popen([sys.executable, "-c", INSTALL, str(flow)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    while sum(path.endswith(".whl") for path in index.requests) < 2:
        index.asked_for_file.wait(0.05)
        assert all(one.poll() is None for one in both)
    index.open.set()
    sites = {one.communicate()[0].strip() for one in both}
    assert len(sites) == 1
    assert [one.returncode for one in both] == [0, 0]
    assert len(environments(tmp_path)) == 1
    assert imported(Path(sites.pop()), "__import__('alpha').VALUE") == "one"


def test_one_that_is_killed_on_the_way_leaves_no_environment(index: Index, flow: Path, tmp_path: Path) -> None:
    lock(flow)
    index.open.clear()
    index.asked_for_file.clear()
    started = subprocess.Popen([sys.executable, "-c", INSTALL, str(flow)], start_new_session=True)
    assert index.asked_for_file.wait(60)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    index.open.set()
    assert all(name.startswith(".making-") for name in environments(tmp_path))
    assert imported(environment(flow), "__import__('alpha').VALUE") == "one"


def test_a_cache_that_cannot_be_written_is_a_clear_error(
    index: Index, flow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(flow)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(PackageError, match=r"no folder for packages: .*set XDG_CACHE_HOME"):
        environment(flow)
