import pytest

from pipedreamer.project.python_entry import check_python


def said(source: str | bytes) -> str:
    problem = check_python(source.encode() if isinstance(source, str) else source, "n.py")
    return str(problem) if problem else ""


@pytest.mark.parametrize(
    "source",
    [
        "def run(ctx, input): ...",
        "async def run(ctx, input): ...",
        "def run(ctx, input, /): ...",
        "def run(ctx, input, more=1, *, other=2, **rest): ...",
        "def run(*arguments): ...",
        "def run(ctx, *arguments): ...",
        "run = lambda ctx, input: input",
        "run: object = print",
        "a, run = 1, print",
        "from other import run",
        "from other import main as run",
        "from other import *",
        "import run",
        "if True:\n    def run(ctx, input): ...",
        "try:\n    from a import run\nexcept ImportError:\n    from b import run",
        "try:\n    pass\nexcept ImportError:\n    def run(ctx, input): ...",
        "with open('x') as f:\n    run = f.read",
        "@wrapped\ndef run(anything): ...",
        "def run(): ...\ndef run(ctx, input): ...",
        "# -*- coding: latin-1 -*-\ndef run(ctx, input): return '\xe9'".encode("latin-1"),
        b"\xef\xbb\xbfdef run(ctx, input): ...",
        "def run(ctx, input): return '\\d'",
    ],
)
def test_what_counts_as_run(source: str | bytes) -> None:
    assert said(source) == ""


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def _helper(): ...\ndef a(): ...\ndef b(): ...",
        "class A:\n    def run(self, ctx, input): ...",
        "def _outer():\n    def run(ctx, input): ...",
        "def _outer():\n    run = 1",
        "run: object",
        "print(run)",
    ],
)
def test_what_does_not_count_as_run(source: str) -> None:
    assert said(source) == "n.py: error: this node has no `run` (write `async def run(ctx, input):`)"


def test_the_one_function_that_is_there_is_named() -> None:
    assert "rename `main` to `run`" in said("def main(ctx, input): ...\ndef _help(): ...")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def run(): ...", "n.py:1:1: error: `run` takes 0 arguments and is called with two"),
        ("\nasync def run(ctx): ...", "n.py:2:1: error: `run` takes 1 argument and is called with two"),
        ("def run(a, b, c): ...", "n.py:1:1: error: `run` takes 3 arguments and is called with two"),
        ("def run(ctx, input, *, more): ...", "n.py:1:1: error: `run` needs an argument by name"),
        ("run = lambda: 1", "n.py:1:1: error: `run` takes 0 arguments and is called with two"),
        ("def run(ctx, input): ...\ndef run(): ...", "n.py:2:1: error: `run` takes 0 arguments"),
    ],
)
def test_a_run_that_cannot_be_called_with_two_arguments_is_an_error(source: str, error: str) -> None:
    assert said(source).startswith(error)
    assert said(source).endswith("(write `async def run(ctx, input):`)")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("def run(ctx, input):\n    return (1,\n", "n.py:2:12: error: syntax error: '(' was never closed"),
        ("x = 1\nreturn x\n", "n.py:2:1: error: syntax error: 'return' outside function"),
        ("def run(ctx, input):\n  a\n   b\n", "n.py:3:"),
        ("def run(ctx, input): ...\n\0", "n.py:"),
        (b"def run(ctx, input): return '\xff'", "n.py:1:"),
        (b"# coding: nonsense\n", "n.py:"),
        (b"\xff\xfed\x00e\x00", "n.py:"),
    ],
)
def test_a_syntax_error_has_its_place(source: str | bytes, place: str) -> None:
    assert said(source).startswith(place)
    assert "syntax error" in said(source)


@pytest.mark.parametrize("source", ["(" * 100_000, "-" * 100_000 + "1", "a" + ".b" * 100_000, "[" * 150 + "]" * 150])
def test_code_that_nests_too_deep_is_an_error_and_no_crash(source: str) -> None:
    assert said(source).startswith("n.py:")
