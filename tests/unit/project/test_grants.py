"""Paths that `permissions` grants, held against a real folder and the real links around it."""

import sysconfig
from pathlib import Path

import pytest

import pipedreamer
from pipedreamer.errors import ProjectError, SpecError
from pipedreamer.project import open_project
from pipedreamer.project.grants import followed

HEAD = "name: my-flow\nversion: 1.0\ntriggers: [{type: manual}]\nnodes: {a: {path: a.py}}\n"
BESIDE = "name a folder beside it; its own code and data can be read without being named"
ELSEWHERE = "let nodes write to /tmp, or to a folder elsewhere"
CLOSING = '" '
UNREADABLE = "which is never readable (put what nodes need into a folder of its own)"
HOLDS = f"holds the workflow's folder, with what it keeps from its nodes ({BESIDE})"
CODE = f"lies in the workflow's folder, and nodes must not change their own code ({ELSEWHERE})"


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "my-flow"
    (folder / "data").mkdir(parents=True)
    (folder / "a.py").write_text("def run(ctx, input):\n    return input\n")
    return folder


def refused(folder: Path, **grants: Path | str) -> list[str]:
    """What is said of one grant each (`read=...`, `write=...`), with its kind in place of file and line."""
    lines = "".join(f'  {kind}: ["{path}"]\n' for kind, path in grants.items())
    (folder / "workflow.yaml").write_text(f"{HEAD}permissions:\n{lines}")
    try:
        open_project(folder)
    except ProjectError as error:
        problems = error.problems
    else:
        return []
    kinds = list(grants)
    assert {problem.file for problem in problems} == {str(folder / "workflow.yaml")}
    assert all(problem.column == len(kinds[problem.line - 6]) + 6 for problem in problems)
    return [f"{kinds[one.line - 6]} {one.message.partition(CLOSING)[2]} ({one.suggestion})" for one in problems]


@pytest.mark.parametrize("path", ["/usr/share/zoneinfo", "/not/there/yet", "/tmp/shared", "/etc/ssl/certs"])
def test_a_folder_elsewhere_is_granted_whether_it_is_there_or_not(flow: Path, path: str) -> None:
    assert refused(flow, read=path, write=path if path.startswith(("/tmp", "/not")) else "/not/there") == []


def test_what_lies_beside_the_folder_is_granted(flow: Path) -> None:
    (flow.parent / "data").mkdir()
    (flow.parent / "my-flow-2").mkdir()
    assert refused(flow, read=flow.parent / "data", write=flow.parent / "my-flow-2") == []


def test_the_folder_and_what_is_around_it_are_never_granted(flow: Path) -> None:
    assert refused(flow, read=flow, write=flow) == [f"read {HOLDS}", f"write {HOLDS}"]
    assert refused(flow, read=flow.parent, write=f"{flow.parent}//") == [f"read {HOLDS}", f"write {HOLDS}"]


def test_what_is_in_the_folder_can_be_named_to_be_read_and_never_to_be_written(flow: Path) -> None:
    assert refused(flow, read=flow / "data", write=flow / "data") == [f"write {CODE}"]
    assert refused(flow, write=flow / "later") == [f"write {CODE}"]


def test_a_part_of_the_folder_that_holds_a_dot_name_at_any_depth_is_not_granted(flow: Path) -> None:
    (flow / "data" / "deep" / ".hidden").mkdir(parents=True)
    assert refused(flow, read=flow / "data") == [f"read reaches data/deep/.hidden, {UNREADABLE}"]
    assert refused(flow, read=flow / "data" / "deep" / "x") == []


def test_the_two_dots_of_a_mounted_volume_are_no_dot_name(flow: Path) -> None:
    (flow / "data" / "..2026" / "deep").mkdir(parents=True)
    (flow / "data" / "..data").symlink_to("..2026")
    assert refused(flow, read=flow / "data") == []


def test_links_are_followed(flow: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(flow.parent)
    (tmp_path / "processes").symlink_to("/proc")
    (flow / ".git").mkdir()
    (tmp_path / "history").symlink_to(flow / ".git")
    assert refused(flow, read=tmp_path / "link", write=tmp_path / "link" / "my-flow" / "data") == [
        f"read {HOLDS}",
        f"write {CODE}",
    ]
    (said,) = refused(flow, read=tmp_path / "processes" / "1")
    assert said.startswith("read leads to /proc/1, which is in /proc, which shows other processes and what they hold")
    assert refused(flow, read=tmp_path / "history") == [f"read reaches .git, {UNREADABLE}"]


def test_a_link_to_a_dot_name_deep_in_the_folder_is_followed(flow: Path, tmp_path: Path) -> None:
    (flow / "data" / ".cache" / "x").mkdir(parents=True)
    (tmp_path / "link").symlink_to(flow / "data" / ".cache" / "x")
    assert refused(flow, read=tmp_path / "link") == [f"read reaches data/.cache, {UNREADABLE}"]


def test_where_secrets_really_lie_is_not_granted(flow: Path, tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "github").write_text("x")
    (flow / ".secrets").mkdir()
    (flow / ".secrets" / "github").symlink_to(tmp_path / "vault" / "github")
    reaches = f"reaches .secrets/github, {UNREADABLE}"
    found = refused(flow, read=tmp_path / "vault", write=tmp_path / "vault" / "github")
    assert found == [f"read {reaches}", f"write {reaches}"]
    assert refused(flow, read=tmp_path / "vault" / "other") == []


@pytest.mark.parametrize("place", [Path(pipedreamer.__file__).parent, Path(sysconfig.get_paths()["purelib"])])
def test_the_engines_own_code_is_never_granted_to_be_written(flow: Path, tmp_path: Path, place: Path) -> None:
    (tmp_path / "engine").symlink_to(place)
    (tmp_path / "around").symlink_to(place.parent)
    for name in ("engine", "around"):
        (said,) = refused(flow, read=tmp_path / name, write=tmp_path / name)
        assert said.startswith("write would let nodes change the engine's own code in ")


def test_the_scratch_folder_is_a_warning_also_where_the_workflow_lies_in_it(flow: Path) -> None:
    (flow / "workflow.yaml").write_text(f"{HEAD}permissions: {{read: [/tmp], write: [/tmp/]}}\n")
    project = open_project(flow)
    assert [problem.severity for problem in project.warnings] == ["warning", "warning"]
    assert (project.workflow.permissions.read, project.workflow.permissions.write) == ((), ())


def test_grants_are_checked_where_something_else_is_wrong_too_and_a_wrong_one_is_told_once(flow: Path) -> None:
    (flow / "workflow.yaml").write_text(f'{HEAD}permissions: {{net: [a b], read: ["{flow}", /proc, [x]]}}\n')
    with pytest.raises(SpecError) as raised:
        open_project(flow)
    found = [str(problem).partition("permissions.")[2].split()[0] for problem in raised.value.problems]
    assert found == ["net[0]", "read[0]", "read[1]", "read[2]"]


def test_a_granted_path_is_followed_and_every_link_on_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "real" / "data").mkdir(parents=True)
    (tmp_path / "run").symlink_to("real")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "run").symlink_to("../run")
    (tmp_path / "real" / "now").symlink_to(tmp_path / "var" / "run" / "data")
    real = str(tmp_path / "real" / "data")
    ways = [str(tmp_path / "var" / "run"), str(tmp_path / "run")]
    assert followed(real) == (real, ())
    assert followed(str(tmp_path / "var" / "run" / "data")) == (real, tuple(ways))
    assert followed(str(tmp_path / "run" / "now")) == (real, (ways[1], str(tmp_path / "real" / "now"), ways[0]))
    assert followed(str(tmp_path / "run" / "later" / "x")) == (str(tmp_path / "real" / "later" / "x"), (ways[1],))


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert followed(str(tmp_path / "a" / "x")) == (str(tmp_path / "a" / "x"), ())
