import os
from pathlib import Path

import pytest

from pipedreamer.errors import ProjectError
from pipedreamer.project import digest, files, open_project
from pipedreamer.project.project import Project

SPEC = "name: flow\nversion: '1.0'\ntriggers: [{type: manual}]\nnodes: {a: {path: nodes/a.py}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "flow"
    (folder / "nodes").mkdir(parents=True)
    (folder / "workflow.yaml").write_text(SPEC)
    (folder / "nodes/a.py").write_text("def run(ctx, input): ...\n")
    return open_project(folder)


def put(project: Project, name: str, content: str = "x") -> Path:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_code_is_every_file_that_is_not_left_out(project: Project) -> None:
    for name in ("data/rows.csv", "nodes/help.py", "requirements.lock", "tests/fixtures/a.json", "empty.txt"):
        put(project, name)
    for name in (
        ".secrets.yaml",
        ".git/config",
        "nodes/__pycache__/a.pyc",
        "node_modules/x.js",
        "a.py~",
        "x.egg-info/y",
    ):
        put(project, name)
    put(project, "venv/pyvenv.cfg")
    put(project, "venv/lib/x.py")
    assert files(project) == (
        "data/rows.csv",
        "empty.txt",
        "nodes/a.py",
        "nodes/help.py",
        "requirements.lock",
        "tests/fixtures/a.json",
        "workflow.yaml",
    )


def test_what_typescript_nodes_need_is_code_and_what_editors_need_is_not(project: Project) -> None:
    code = ("deno.json", "deno.lock", "import_map.json", "nodes/b.ts", "lib/c.tsx", "data/d.json")
    for name in (*code, ".pipedreamer/pipedreamer.ts", "node_modules/x/index.js", ".npmrc"):
        put(project, name)
    assert set(files(project)) == {*code, "nodes/a.py", "workflow.yaml"}
    before = digest(project)
    put(project, "deno.lock", "another")
    assert digest(project) != before


def test_the_digest_is_of_names_and_contents(project: Project) -> None:
    seen = {digest(project)}
    file = put(project, "data.txt", "one")
    seen.add(digest(project))
    file.write_text("two")
    seen.add(digest(project))
    file.rename(project.root / "date.txt")
    seen.add(digest(project))
    assert len(seen) == 4


def test_a_name_s_end_does_not_pass_for_a_content_s_beginning(project: Project) -> None:
    put(project, "a", "bc")
    first = digest(project)
    (project.root / "a").unlink()
    put(project, "ab", "c")
    assert digest(project) != first


def test_the_digest_is_the_same_elsewhere_and_later(project: Project, tmp_path: Path) -> None:
    before = digest(project)
    assert len(before) == 64
    put(project, ".secrets.yaml")
    put(project, "nodes/__pycache__/a.pyc")
    os.utime(project.root / "workflow.yaml", (0, 0))
    (project.root / "nodes/a.py").chmod(0o755)
    project.root.rename(tmp_path / "moved")
    assert digest(open_project(tmp_path / "moved")) == before


def test_the_digest_of_a_known_folder_never_changes(project: Project) -> None:
    assert digest(project) == "3c7f77a45178a77958628df841634d9957a9893c993a2c933ccf103739a10e5a"


def test_a_link_counts_as_the_file_it_leads_to(project: Project) -> None:
    put(project, "data/real.txt", "content")
    (project.root / "link.txt").symlink_to("data/real.txt")
    with_link = digest(project)
    assert "link.txt" in files(project)
    (project.root / "link.txt").unlink()
    put(project, "link.txt", "content")
    assert digest(project) == with_link


def test_a_linked_folder_counts_as_its_files(project: Project) -> None:
    put(project, "shared/x.txt")
    (project.root / "nodes/shared").symlink_to("../shared")
    assert "nodes/shared/x.txt" in files(project)


def test_files_and_links_that_cannot_be_code_are_refused_all_at_once(project: Project, tmp_path: Path) -> None:
    put(project, ".secrets.yaml")
    (tmp_path / "outside").mkdir()
    links: dict[str, Path | str] = {
        "a-out": tmp_path / "outside",
        "b-none": "nowhere",
        "c-round": ".",
        "d-secret": ".secrets.yaml",
    }
    for name, target in links.items():
        (project.root / name).symlink_to(target)
    os.mkfifo(project.root / "e-pipe")
    with pytest.raises(ProjectError) as caught:
        files(project)
    assert [(problem.file.removeprefix(f"{project.root}/"), problem.message) for problem in caught.value.problems] == [
        ("a-out", "this link leads out of the workflow's folder"),
        ("b-none", "what this link leads to does not exist"),
        ("c-round", "this link leads to a folder around it"),
        ("d-secret", "this link leads to a file that is left out of the workflow's code"),
        ("e-pipe", "this is neither a file nor a folder"),
    ]


def test_a_folder_with_far_too_many_files_is_refused(project: Project) -> None:
    put(project, "real/x")
    for depth in range(13):
        place = project.root / f"d{depth}"
        place.mkdir()
        for side in "ab":
            (place / side).symlink_to(f"../d{depth + 1}" if depth < 12 else "../real")
    with pytest.raises(ProjectError, match="more than 10,000 files"):
        files(project)
