from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.errors import ProjectError
from pipedreamer.project.packages.requirement_line import refusal
from pipedreamer.project.packages.requirements import Requirements, read_requirements


def read(folder: Path, text: str, name: str = "requirements.txt") -> Requirements:
    (folder / name).write_text(text)
    requirements = read_requirements(folder)
    assert requirements is not None
    return requirements


def refused(folder: Path) -> list[str]:
    with pytest.raises(ProjectError) as caught:
        read_requirements(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize(
    "line",
    [
        "requests",
        "requests>=2.32",
        "requests >= 2.32, < 3",
        "requests (>=2.32)",
        "requests[socks, security]~=2.32",
        "ruamel.yaml==0.18.*",
        "torch==2.3.0+cpu",
        "tzdata; sys_platform == 'win32'",
        'pywin32>=300 ; sys_platform == "win32" and python_version < "3.13"',
        "A",
        f"six==1.17.0 --hash=sha256:{'0' * 64} --hash=sha256:{'1' * 64}",
    ],
)
def test_what_is_accepted(line: str) -> None:
    assert refusal(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-i https://index.example/simple", "an index line"),
        ("--index-url=https://index.example/simple", "an index line"),
        ("--extra-index-url https://index.example/simple", "an index line"),
        ("--no-index", "an index line"),
        ("--trusted-host index.example", "an index line"),
        ("-f ./wheels", "a find-links line"),
        ("--find-links=https://index.example", "a find-links line"),
        ("-e .", "an editable install"),
        ("--editable=git+https://git.example/a.git", "an editable install"),
        ("--pre", "the option --pre"),
        ("git+https://git.example/a.git", "a version-control address"),
        ("a @ git+ssh://git@git.example/a.git", "a version-control address"),
        ("https://files.example/a-1.0.tar.gz", "an address"),
        ("a @ https://files.example/a-1.0-py3-none-any.whl", "an address"),
        ("a @ file:///tmp/a", "an address"),
        ("file:../a", "a path"),
        ("./a", "a path"),
        ("../a", "a path"),
        ("~/a", "a path"),
        ("/opt/a", "a path"),
        ("wheels/a-1.0-py3-none-any.whl", "a path"),
        ("a-1.0-py3-none-any.whl", "a path"),
        ("a.tar.gz", "a path"),
        ("${PACKAGE}", "this is not a requirement"),
        ("a==1 ; python_version < '${V}'", "this is not a requirement"),
        ("a b", "this is not a requirement"),
        ("a==1 --config-settings=x", "options of a requirement"),
        ("a==1 --hash=sha256:short", "options of a requirement"),
    ],
)
def test_what_is_refused_has_its_place_and_reason(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"# what we need\nsix\n  {line}  # this\n")
    (problem,) = refused(tmp_path)
    assert problem.startswith(f"requirements.txt:3:3: error: {why}")


@given(st.text(max_size=40))
def test_no_text_with_an_address_is_ever_accepted(text: str) -> None:
    assert refusal(f"{text}://") is not None
    assert refusal(f"a @ {text}") is not None
    assert refusal(f"{text}/{text}") is not None


def test_all_refused_lines_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-e .\nsix\n--pre\n../a\n")
    assert [problem.partition(" ")[0] for problem in refused(tmp_path)] == [
        "requirements.txt:1:1:",
        "requirements.txt:3:1:",
        "requirements.txt:4:1:",
    ]


def test_comments_and_continued_lines(tmp_path: Path) -> None:
    text = "\ufeff# all\n\nrequests>=2 \\\n    ,<3  # http\n\n  six\\\n\n"
    assert read(tmp_path, text).lines == ("requests>=2 ,<3", "six")


def test_files_inside_the_folder_are_included_once(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/base.txt").write_text("six\n-r ../requirements.txt\n")
    (tmp_path / "limits.txt").write_text("idna<4\n")
    requirements = read(tmp_path, "-r more/base.txt\n--requirement=more/base.txt\n-c limits.txt\nrequests\n")
    assert sorted(requirements.lines) == ["requests", "six"]
    assert requirements.constraints == ("idna<4",)


@pytest.mark.parametrize("target", ["../outside.txt", "/etc/hostname", "link.txt"])
def test_a_file_outside_of_the_folder_is_not_included(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "flow"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("six\n")
    (folder / "link.txt").symlink_to("../outside.txt")
    (folder / "requirements.txt").write_text(f"requests\n-r {target}\n")
    (problem,) = refused(folder)
    assert problem.startswith("requirements.txt:2:1: error: ")
    assert problem.endswith("lies outside of the workflow's folder")


def test_an_included_file_that_does_not_exist_is_reported_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r nowhere.txt\n")
    assert refused(tmp_path) == ["requirements.txt:1:1: error: nowhere.txt does not exist"]


def test_a_refused_line_of_an_included_file_is_reported_there(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("\n-e .\n")
    (tmp_path / "requirements.txt").write_text("-rbase.txt\n")
    assert refused(tmp_path)[0].startswith("base.txt:2:1: error: an editable install")


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n"])
def test_a_file_that_asks_for_nothing_asks_for_nothing(tmp_path: Path, text: str) -> None:
    assert read_requirements(tmp_path) is None
    (tmp_path / "requirements.txt").write_text(text)
    assert read_requirements(tmp_path) is None


def test_the_digest_is_of_what_is_asked_for_and_not_of_how_it_is_written(tmp_path: Path) -> None:
    first = read(tmp_path, "six\nrequests >=2\n").digest
    assert read(tmp_path, "# sorted\nrequests  >=2\nsix  # old\n").digest == first
    assert read(tmp_path, "six\nrequests >=3\n").digest != first
    (tmp_path / "c.txt").write_text("six<2\n")
    assert read(tmp_path, "six\nrequests >=2\n-c c.txt\n").digest != first


PYPROJECT = '[project]\nname = "flow"\nversion = "1"\ndependencies = [\n  "six>=1",\n  "requests",\n]\n'


def test_dependencies_of_pyproject_are_read(tmp_path: Path) -> None:
    requirements = read(tmp_path, f'{PYPROJECT}requires-python = ">=3.12"\n', "pyproject.toml")
    assert requirements.lines == ("six>=1", "requests")
    assert requirements.python == "3.12"


@pytest.mark.parametrize("text", ["", "[tool.ruff]\nline-length = 100\n", "[project]\nname = 'a'\n"])
def test_a_pyproject_without_dependencies_asks_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert read_requirements(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PYPROJECT.replace("requests", "a @ https://x.example/a.whl"), "pyproject.toml:6:4: error: an address"),
        ('[project]\ndynamic = ["dependencies"]\n', "pyproject.toml:2:1: error: dependencies that are computed"),
        ("[project]\ndependencies = 'six'\n", "pyproject.toml:2:1: error: dependencies must be a list"),
        (f"{PYPROJECT}[tool.uv]\nindex-url = 'x'\n", "pyproject.toml:9:1: error: [tool.uv] index-url is not accepted"),
        (
            f"{PYPROJECT}[tool.uv.sources]\nsix = {{git = 'x'}}\n",
            "pyproject.toml:8:10: error: [tool.uv] sources is not",
        ),
        ("[project\n", "pyproject.toml:1:9: error: this is not TOML"),
    ],
)
def test_what_is_refused_in_pyproject_has_its_place(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert refused(tmp_path)[0].startswith(problem)


def test_packages_in_both_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements.txt").write_text("six\n")
    (problem,) = refused(tmp_path)
    assert problem.startswith("requirements.txt: error: requirements.txt and pyproject.toml both name packages (keep ")
