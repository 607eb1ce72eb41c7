"""Shell completion: the scripts, and what a shell gets when it asks."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="the test's shells are bash under other names")


def in_shell(person: Any, name: str, script: str) -> str:
    """Run a script in a process that is called like a shell, which is how the program finds out which one it is."""
    shell = Path(person.home) / name
    if not shell.exists():
        shell.symlink_to(str(BASH))
    path = f"{person.program.parent}:{person.environment()['PATH']}"
    done = subprocess.run(
        [shell, "-c", f"{script}\nexit $?"],
        cwd=person.folder,
        env=person.environment({"PATH": path}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@needs_bash
@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _pipedreamer_completion pipedreamer"),
        ("zsh", "#compdef pipedreamer"),
        ("fish", "complete --command pipedreamer"),
    ],
)
def test_the_script_of_each_shell_is_printed(person: Any, shell: str, line: str) -> None:
    assert line in in_shell(person, shell, "pipedreamer --show-completion")


@needs_bash
@pytest.mark.parametrize(
    ("shell", "file"),
    [
        ("bash", ".bash_completions/pipedreamer.sh"),
        ("zsh", ".zfunc/_pipedreamer"),
        ("fish", ".config/fish/completions/pipedreamer.fish"),
    ],
)
def test_the_script_of_each_shell_is_installed(person: Any, shell: str, file: str) -> None:
    in_shell(person, shell, "pipedreamer --install-completion")
    assert "_PIPEDREAMER_COMPLETE=complete_" in (person.home / file).read_text()


@needs_bash
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("pipedreamer v", ["validate", "visualize"]),
        ("pipedreamer visualize --f", ["--format"]),
        ("pipedreamer visualize --format ", ["mermaid", "dot", "svg", "html"]),
        ("pipedreamer --out", ["--output"]),
        ("pipedreamer schema --output j", ["json"]),
    ],
)
def test_bash_completes_commands_options_and_values(person: Any, words: str, offered: list[str]) -> None:
    split = words.split(" ")
    quoted = " ".join(f'"{word}"' for word in split)
    script = (
        'eval "$(pipedreamer --show-completion)"\n'
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(split) - 1}\n"
        '_pipedreamer_completion pipedreamer; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert in_shell(person, "bash", script).split() == offered
