import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipedreamer.errors import ProblemsError, ProjectError, SpecError
from pipedreamer.project import check, open_project

SPEC = """\
name: my-flow
version: 1.0
triggers: [{type: manual}]
nodes:
  first:
    path: nodes/first.py
  second:
    path: nodes/second.ts
edges:
  - {from: first, to: second}
"""
PYTHON = "async def run(ctx, input):\n    return input\n"
TYPESCRIPT = "export default async (ctx, input) => input;\n"

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    folder = tmp_path / "my-flow"
    (folder / "nodes").mkdir(parents=True)
    (folder / "workflow.yaml").write_text(SPEC)
    (folder / "nodes" / "first.py").write_text(PYTHON)
    (folder / "nodes" / "second.ts").write_text(TYPESCRIPT)
    return folder


def errors_of(folder: Path) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        open_project(folder)
    problems = [str(problem) for problem in caught.value.problems]
    assert set(problems) <= {str(problem) for problem in check(folder)}
    return [problem.removeprefix(f"{folder}/") for problem in problems]


def test_a_right_folder_becomes_a_project(flow: Path) -> None:
    project = open_project(flow)
    assert project.root == flow
    assert project.plan.stages == (("first",), ("second",))
    assert project.node_files == {"first": flow / "nodes/first.py", "second": flow / "nodes/second.ts"}
    assert (project.language("first"), project.language("second")) == ("python", "typescript")
    assert project.input_schema is None
    assert project.warnings == ()
    assert check(flow) == ()


def test_a_folder_that_is_a_link_is_the_folder_it_leads_to(flow: Path) -> None:
    link = flow.parent / "link"
    link.symlink_to(flow)
    assert open_project(link).root == flow


def test_no_code_of_a_node_runs(flow: Path) -> None:
    (flow / "nodes/first.py").write_text(f"open({str(flow / 'ran')!r}, 'w')\n{PYTHON}")
    open_project(flow)
    assert not (flow / "ran").exists()


def test_a_folder_that_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"nowhere: error: this folder does not exist .*pipedreamer init"):
        open_project(tmp_path / "nowhere")


def test_a_file_in_place_of_a_folder_is_a_clear_error(flow: Path) -> None:
    with pytest.raises(ProjectError, match="this is not a folder"):
        open_project(flow / "workflow.yaml")


def test_a_folder_without_a_workflow_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"workflow\.yaml: error: this file does not exist .`pipedreamer init"):
        open_project(tmp_path)


def test_a_workflow_file_of_another_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").touch()
    with pytest.raises(ProjectError, match=r"rename workflow\.yml to workflow\.yaml"):
        open_project(tmp_path)


def test_a_workflow_file_that_is_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "workflow.yaml").mkdir()
    with pytest.raises(ProjectError, match="this file is a folder, and a file is needed"):
        open_project(tmp_path)


def test_a_workflow_file_that_is_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "workflow.yaml")
    with pytest.raises(ProjectError, match="is not a regular file"):
        open_project(tmp_path)


def test_a_workflow_file_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "workflow.yaml").open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(ProjectError, match="is larger than 4 MiB"):
        open_project(tmp_path)


def test_a_workflow_file_that_may_not_be_read_is_a_clear_error() -> None:
    with tempfile.TemporaryDirectory() as name, _as_an_ordinary_user(Path(name)):
        (Path(name) / "workflow.yaml").write_text(SPEC)
        (Path(name) / "workflow.yaml").chmod(0)
        with pytest.raises(ProjectError, match="may not be read by this user"):
            open_project(Path(name))


@contextmanager
def _as_an_ordinary_user(folder: Path) -> Iterator[None]:
    """Root may read every file: for a while be somebody else, who owns the folder."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_broken_yaml_is_reported_alone(flow: Path) -> None:
    (flow / "workflow.yaml").write_text("name: [")
    (flow / "nodes/first.py").unlink()
    with pytest.raises(SpecError):
        open_project(flow)
    assert all(error.startswith("workflow.yaml:") for error in errors_of(flow))


def test_problems_of_the_file_and_of_the_folder_come_together(flow: Path) -> None:
    (flow / "workflow.yaml").write_text(SPEC.replace("to: second", "to: secnd"))
    (flow / "nodes/first.py").write_text("def run(:\n")
    (flow / "nodes/second.ts").unlink()
    with pytest.raises(SpecError):
        open_project(flow)
    places = [error.partition(" ")[0] for error in errors_of(flow)]
    assert places == ["nodes/first.py:1:9:", "workflow.yaml:8:11:", "workflow.yaml:10:23:"]


def test_a_missing_node_file_is_reported_where_it_is_named_with_the_nearest(flow: Path) -> None:
    (flow / "nodes/first.py").rename(flow / "nodes/frist.py")
    message = "workflow.yaml:6:11: error: the node's file nodes/first.py does not exist (did you mean nodes/frist.py?)"
    assert errors_of(flow) == [message]


def test_a_missing_node_file_is_found_in_another_folder(flow: Path) -> None:
    (flow / "steps-of-the-flow").mkdir()
    (flow / "nodes/first.py").rename(flow / "steps-of-the-flow/first.py")
    assert errors_of(flow)[0].endswith("(did you mean steps-of-the-flow/first.py?)")


def test_a_folder_in_place_of_a_node_file_is_refused(flow: Path) -> None:
    (flow / "nodes/first.py").unlink()
    (flow / "nodes/first.py").mkdir()
    assert errors_of(flow) == [
        "workflow.yaml:6:11: error: the node's file nodes/first.py is a folder, and a file is needed"
    ]


def test_a_link_out_of_the_folder_is_refused(flow: Path) -> None:
    (flow.parent / "outside.py").write_text(PYTHON)
    (flow / "nodes/first.py").unlink()
    (flow / "nodes/first.py").symlink_to(flow.parent / "outside.py")
    assert errors_of(flow) == [
        "workflow.yaml:6:11: error: the node's file nodes/first.py leads out of the workflow's folder"
    ]


def test_a_folder_on_the_way_that_links_out_is_refused(flow: Path) -> None:
    (flow / "nodes").rename(flow.parent / "elsewhere")
    (flow / "nodes").symlink_to(flow.parent / "elsewhere")
    assert [error.partition("error: ")[2] for error in errors_of(flow)] == [
        "the node's file nodes/first.py leads out of the workflow's folder",
        "the node's file nodes/second.ts leads out of the workflow's folder",
    ]


def test_a_folder_whose_name_only_begins_alike_is_outside(flow: Path) -> None:
    (flow.parent / "my-flow-2").mkdir()
    (flow.parent / "my-flow-2" / "a.py").write_text(PYTHON)
    (flow / "nodes/first.py").unlink()
    (flow / "nodes/first.py").symlink_to("../../my-flow-2/a.py")
    assert "leads out of the workflow's folder" in errors_of(flow)[0]


def test_a_check_looks_at_every_file_and_at_the_packages(flow: Path) -> None:
    (flow / "data").symlink_to("nowhere")
    (flow / "requirements.txt").write_text("-e .\n")
    data, requirements = check(flow)
    assert str(data) == f"{flow}/data: error: what this link leads to does not exist (mend or remove the link)"
    assert str(requirements).startswith(f"{flow}/requirements.txt:1:1: error: an editable install is not accepted")


def test_a_link_inside_the_folder_is_followed(flow: Path) -> None:
    (flow / "nodes/first.py").rename(flow / "nodes/real.py")
    (flow / "nodes/first.py").symlink_to("real.py")
    assert open_project(flow).node_files["first"] == flow / "nodes/real.py"


def test_a_link_to_secrets_is_no_node(flow: Path) -> None:
    (flow / ".secrets").mkdir()
    (flow / ".secrets/a.py").write_text(PYTHON)
    (flow / "nodes/first.py").unlink()
    (flow / "nodes/first.py").symlink_to("../.secrets/a.py")
    assert "is not part of the workflow's code" in errors_of(flow)[0]


def test_a_link_that_leads_to_itself_is_a_clear_error(flow: Path) -> None:
    (flow / "nodes/first.py").unlink()
    (flow / "nodes/first.py").symlink_to("first.py")
    assert "is a link that leads back to itself" in errors_of(flow)[0]


@pytest.mark.parametrize(
    "path", ["../first.py", "/etc/hosts.py", "nodes/../../first.py", "nodes/a\\0.py", "a" * 300 + ".py"]
)
def test_a_path_that_no_file_inside_can_have_is_one_error(flow: Path, path: str) -> None:
    (flow / "workflow.yaml").write_text(SPEC.replace("nodes/first.py", f'"{path}"'))
    assert [error.partition(" ")[0] for error in errors_of(flow)] == ["workflow.yaml:6:11:"]


def test_two_nodes_may_share_a_file(flow: Path) -> None:
    (flow / "workflow.yaml").write_text(SPEC.replace("nodes/second.ts", "nodes/first.py"))
    assert set(open_project(flow).node_files.values()) == {flow / "nodes/first.py"}


def test_a_typescript_node_without_default_export_is_an_error(flow: Path) -> None:
    (flow / "nodes/second.ts").write_text("export function run() {}\n")
    assert errors_of(flow)[0].startswith("nodes/second.ts: error: this node has no default export (write ")


def test_a_typescript_node_that_is_not_text_is_an_error_at_its_line(flow: Path) -> None:
    (flow / "nodes/second.ts").write_bytes(b"// a\n// \xff\nexport default 1")
    assert errors_of(flow) == ["nodes/second.ts:2:1: error: this file is not UTF-8 text (save it as UTF-8)"]


def with_schema(flow: Path, name: str, content: str) -> Path:
    (flow / "workflow.yaml").write_text(f"{SPEC}input: {name}\n")
    (flow / name).write_text(content)
    return flow


@pytest.mark.parametrize(
    ("name", "content"),
    [("in.json", '{"type": "object"}'), ("in.yaml", "type: object\n"), ("in.yml", "type: object\n")],
)
def test_an_input_schema_is_read_from_its_file(flow: Path, name: str, content: str) -> None:
    assert open_project(with_schema(flow, name, content)).input_schema == {"type": "object"}


def test_an_inline_input_schema_is_kept(flow: Path) -> None:
    (flow / "workflow.yaml").write_text(f"{SPEC}input: {{type: object}}\n")
    assert open_project(flow).input_schema == {"type": "object"}


def test_a_missing_input_schema_is_reported_where_it_is_named(flow: Path) -> None:
    (flow / "workflow.yaml").write_text(f"{SPEC}input: in.json\n")
    assert errors_of(flow)[0].startswith("workflow.yaml:11:8: error: the input schema in.json does not exist")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ('{"type": ', "in.json:"),
        ('{"type": "strin"}', "in.json: error: type is no JSON Schema"),
        ("[1]", "in.json:1:1: error: a JSON Schema is a mapping"),
        ('{"$ref": "http://127.0.0.1:9/other.json"}', "in.json: error: $ref refers to"),
    ],
)
def test_an_input_schema_that_is_none_is_an_error_in_its_file(flow: Path, content: str, error: str) -> None:
    assert errors_of(with_schema(flow, "in.json", content))[0].startswith(error)


def test_a_link_to_an_input_schema_outside_is_refused(flow: Path) -> None:
    (flow.parent / "in.json").write_text("{}")
    (flow / "in.json").symlink_to("../in.json")
    (flow / "workflow.yaml").write_text(f"{SPEC}input: in.json\n")
    assert "leads out of the workflow's folder" in errors_of(flow)[0]


@pytest.mark.parametrize("name", ["nodes/calendar.py", "json.py", "nodes/email/__init__.py"])
def test_a_helper_that_python_s_own_library_hides_gets_a_warning(flow: Path, name: str) -> None:
    (flow / name).parent.mkdir(exist_ok=True)
    (flow / name).touch()
    (warning,) = open_project(flow).warnings
    assert warning.severity == "warning"
    assert warning.file == str(flow / name)
    assert "gets the module of Python's own library" in warning.message


@pytest.mark.parametrize("name", ["nodes/own.py", "nodes/own/calendar.py", "nodes/calendar.json"])
def test_a_helper_that_nothing_hides_gets_no_warning(flow: Path, name: str) -> None:
    (flow / name).parent.mkdir(exist_ok=True)
    (flow / name).touch()
    assert open_project(flow).warnings == ()


def test_a_node_may_have_the_name_of_a_library_module(flow: Path) -> None:
    (flow / "nodes/first.py").rename(flow / "nodes/calendar.py")
    (flow / "workflow.yaml").write_text(SPEC.replace("first.py", "calendar.py"))
    assert open_project(flow).warnings == ()


@pytest.mark.parametrize(("ignored", "warned"), [(".secrets.yaml\n", False), (".*\n", False), ("dist\n", True)])
def test_secrets_that_git_would_take_get_a_warning(flow: Path, ignored: str, warned: bool) -> None:
    (flow.parent / ".git").mkdir()
    (flow.parent / ".gitignore").write_text(ignored)
    (flow / ".secrets.yaml").touch()
    found = [(warning.file, warning.suggestion) for warning in check(flow)]
    assert found == ([(str(flow / ".secrets.yaml"), "add .secrets.yaml to .gitignore")] if warned else [])


def test_secrets_outside_of_a_repository_get_no_warning(flow: Path) -> None:
    (flow / ".secrets.yaml").touch()
    assert check(flow) == ()
