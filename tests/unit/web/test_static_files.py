"""Static files: kept for ever by browsers, found by nothing but their own names."""

import gzip
import re

import pytest

from pipedreamer.web import Site

DATA = {"status": 404, "message": "nothing"}


@pytest.fixture
def site() -> Site:
    return Site()


def addresses(site: Site, kind: str = "run") -> list[str]:
    from tests.unit.web.data import run_page

    return re.findall(r'(?:href|src)="(?:\.\./)(static/[^"]+)"', site.page("run", run_page(), "../").decode())


def test_every_file_that_a_page_asks_for_is_there_and_may_be_kept(site: Site) -> None:
    found = addresses(site)
    assert len(found) > 10
    for path in found:
        file = site.file(path)
        assert file is not None
        headers, body = file.answer("gzip, br")
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == file.answer("")[1]


def test_modules_are_announced_with_all_that_they_import(site: Site) -> None:
    names = {path.split("/", 2)[2] for path in addresses(site)}
    assert {"run.js", "timeline.js", "virtual.js", "vendor/preact.js", "vendor/htm.js"} <= names
    assert "vendor/dagre.js" not in names  # its worker asks for that


@pytest.mark.parametrize(
    "path",
    [
        "static/page.css",
        "static/0000000000000000/page.css",
        "{path}../site.py",
        "{path}/page.css",
        "{path}..%2fsite.py",
        "{path}vendor/README.md",
        "{path}shapes.d.ts",
        "{path}",
        "",
    ],
)
def test_nothing_else_can_be_asked_for(path: str, site: Site) -> None:
    folder = addresses(site)[0].rpartition("/")[0] + "/"
    assert site.file(folder + "page.css") is not None
    assert site.file(path.format(path=folder)) is None


def test_a_site_is_cheap_until_it_is_asked() -> None:
    import subprocess
    import sys

    code = "import sys; from pipedreamer.web import Site; Site(); print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
