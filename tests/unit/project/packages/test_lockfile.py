from pathlib import Path

import pytest

from pipedreamer.errors import PackageError
from pipedreamer.project.packages import check_packages, environment
from pipedreamer.project.packages.lockfile import format_lock, parse_lock
from pipedreamer.project.packages.requirements import Requirements, read_requirements

HASH = f"--hash=sha256:{'a' * 64}"


def requirements(folder: Path) -> Requirements:
    found = read_requirements(folder)
    assert found is not None
    return found


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("six\n")
    text = format_lock(requirements(tmp_path), f"six==1.17.0 \\\n    {HASH}\n")
    (tmp_path / "requirements.lock").write_text(text)
    return tmp_path


def test_a_lock_begins_with_the_digest_of_its_requirements(locked: Path) -> None:
    lines = (locked / "requirements.lock").read_text().splitlines()
    assert lines[0] == "# made by `pipedreamer lock` from requirements.txt; do not edit"
    assert lines[1] == f"# requirements sha256: {requirements(locked).digest}"


def test_pins_are_read_with_extras_and_markers() -> None:
    text = f"a[b,c]==1.0+x ; python_full_version >= '3.12' \\\n  {HASH} \\\n  {HASH}\nb==2 {HASH}\n"
    assert parse_lock(text, "requirements.lock").pins == ("a[b,c]==1.0+x", "b==2")


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://index.example/simple",
        "--find-links ./wheels",
        "-e .",
        "-r other.txt",
        "six==1.17.0",
        f"six>=1 {HASH}",
        f"six @ https://files.example/six.whl {HASH}",
        f"six==1.17.0 {HASH} --index-url https://index.example",
        "six==1.17.0 --hash=md5:00",
    ],
)
def test_a_line_of_a_lock_that_is_no_pinned_package_is_refused(locked: Path, line: str) -> None:
    with (locked / "requirements.lock").open("a") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(PackageError, match=r"requirements\.lock: this line is no package with version and hash: "):
        environment(locked)


def test_a_lock_that_fits_is_no_problem(locked: Path) -> None:
    assert check_packages(locked) == ()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("six\nidna\n", "requirements.txt changed after this lock was made: run `pipedreamer lock`"),
        ("", "it locks packages that nothing asks for any more: run `pipedreamer lock`"),
    ],
)
def test_a_lock_of_other_requirements_is_an_error(locked: Path, asked: str, said: str) -> None:
    (locked / "requirements.txt").write_text(asked)
    with pytest.raises(PackageError) as caught:
        environment(locked)
    assert str(caught.value) == f"{locked}/requirements.lock: {said}"
    assert [(problem.file, problem.message) for problem in check_packages(locked)] == [
        (f"{locked}/requirements.lock", said)
    ]


def test_requirements_without_a_lock_say_what_to_type(locked: Path) -> None:
    (locked / "requirements.lock").unlink()
    with pytest.raises(PackageError, match=r"requirements\.lock: this file does not exist: run `pipedreamer lock`"):
        environment(locked)


def test_a_workflow_that_asks_for_nothing_has_no_environment(tmp_path: Path) -> None:
    assert environment(tmp_path) is None
    assert check_packages(tmp_path) == ()
