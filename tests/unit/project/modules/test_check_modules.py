from pathlib import Path

import pytest

from pipedreamer.errors import PackageError, Problem, SpecError
from pipedreamer.project.modules import Imports, check_modules, lock_modules
from pipedreamer.project.modules.nodes import typescript_nodes

WORKFLOW = """\
name: flow
version: "1.0"
triggers: [{type: manual}]
nodes:
  one: {path: nodes/one.ts}
  two: {path: nodes/two.py}
"""


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "one.ts").write_text('import "npm:x@1";\nexport default () => 1;\n')
    (tmp_path / "nodes" / "two.py").write_text("def run(ctx, input): return 2\n")
    (tmp_path / "workflow.yaml").write_text(WORKFLOW)
    return tmp_path


def test_typescript_nodes_are_found_by_their_file_s_name(flow: Path) -> None:
    assert typescript_nodes(flow) == {"one": flow / "nodes" / "one.ts"}


def test_a_folder_without_a_workflow_has_none_and_a_broken_one_is_told(flow: Path) -> None:
    (flow / "workflow.yaml").write_text("name: []")
    with pytest.raises(SpecError):
        typescript_nodes(flow)
    (flow / "workflow.yaml").unlink()
    assert typescript_nodes(flow) == {}
    assert lock_modules(flow).file is None


def test_without_deno_imports_are_not_checked_which_is_a_warning(flow: Path, without_deno: None) -> None:
    assert check_modules(flow, typescript_nodes(flow)) == (
        Problem(
            str(flow / "workflow.yaml"),
            0,
            0,
            "the imports of the TypeScript nodes were not checked: TypeScript nodes need Deno",
            "pip install 'pipedreamer[typescript]'",
            "warning",
        ),
    )


def test_without_deno_nothing_can_be_locked_or_started(flow: Path, without_deno: None) -> None:
    for needs_it in (lock_modules, lambda root: Imports(root).modules()):
        with pytest.raises(PackageError, match=r"pip install 'pipedreamer\[typescript\]'"):
            needs_it(flow)


def test_a_workflow_without_typescript_needs_no_deno(flow: Path, without_deno: None) -> None:
    (flow / "workflow.yaml").write_text(WORKFLOW.replace("  one: {path: nodes/one.ts}\n", ""))
    assert check_modules(flow, typescript_nodes(flow)) == ()
    assert lock_modules(flow).file is None
    assert Imports(flow).modules().cache is None


def test_an_import_map_that_cannot_be_read_is_a_problem_of_the_folder(flow: Path) -> None:
    (flow / "deno.json").write_text("[")
    (problem,) = check_modules(flow, typescript_nodes(flow))
    assert problem.file == str(flow / "deno.json")


def test_what_leads_nowhere_and_what_is_not_locked_are_told_at_once(flow: Path) -> None:
    (flow / "nodes" / "one.ts").write_text('import "npm:x@1";\nimport "./gone.ts";\n')
    found = sorted(check_modules(flow, typescript_nodes(flow)))
    assert [(problem.line, problem.message.partition('"one" ')[2]) for problem in found] == [
        (1, "is not locked: there is no deno.lock"),
        (2, f"leads to {flow}/nodes/gone.ts, which does not exist"),
    ]
