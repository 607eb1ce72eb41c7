"""Does a Python file define `run(ctx, input)`? Told from its syntax tree; nothing of it is run."""

import ast
import warnings
from collections.abc import Iterator

from pipedreamer.errors import Problem

_SIGNATURE = "write `async def run(ctx, input):`"

_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def check_python(source: bytes, file: str) -> Problem | None:
    """What is wrong with a node's source, or None; a syntax error has its place in the node's file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape is for the author's linter, not for us
            tree = ast.parse(source, file)
            compile(source, file, "exec", dont_inherit=True)  # finds what the grammar lets pass: `return` outside
    except SyntaxError as error:
        message = f"syntax error: {error.msg}"
        return Problem(file, max(1, error.lineno or 1), max(1, error.offset or 1), message, _hint(source))
    except ValueError:
        return Problem(file, 1, 1, "syntax error: the file holds null bytes", _hint(source))
    except (RecursionError, MemoryError):
        return Problem(file, 1, 1, "this file nests too deep for Python to read it", "split the expression")
    return _check_run(tree, file)


def _hint(source: bytes) -> str:
    return "save the file as UTF-8 text" if b"\0" in source else ""


def _check_run(tree: ast.Module, file: str) -> Problem | None:
    bound: ast.AST | None = None
    for name, binding in _bindings(tree.body):
        if name in ("run", "*"):
            bound = binding
    if bound is None:
        return Problem(file, 0, 0, "this node has no `run`", _near(tree) or _SIGNATURE)
    arguments = None
    if isinstance(bound, _Definition):
        arguments = None if bound.decorator_list else bound.args
    elif isinstance(bound, ast.Assign | ast.AnnAssign) and isinstance(bound.value, ast.Lambda):
        arguments = bound.value.args
    wrong = _misfit(arguments) if arguments else ""
    if not wrong:
        return None
    return Problem(file, getattr(bound, "lineno", 1), getattr(bound, "col_offset", 0) + 1, wrong, _SIGNATURE)


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    """Names bound at the top of a module, also inside `if`, `try` and `with`; `*` for a star import."""
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name, statement
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield alias.asname or alias.name, statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if statement.value is not None:
                for part in (part for target in targets for part in ast.walk(target)):
                    if isinstance(part, ast.Name):
                        yield part.id, statement
        else:
            blocks = (ast.stmt, ast.ExceptHandler, ast.match_case)
            waiting += reversed([child for child in ast.iter_child_nodes(statement) if isinstance(child, blocks)])


def _misfit(arguments: ast.arguments) -> str:
    """Why two positional arguments do not fit, or ""."""
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    if least > 2 or (most < 2 and not arguments.vararg):
        return f"`run` takes {least if least > 2 else most} argument{'' if most == 1 else 's'} and is called with two"
    if any(default is None for default in arguments.kw_defaults):
        return "`run` needs an argument by name, and is called with two by place"
    return ""


def _near(tree: ast.Module) -> str:
    """Where somebody defined what is most likely meant: another name, or a method."""
    defined = [statement.name for statement in tree.body if isinstance(statement, _Definition)]
    public = [name for name in defined if not name.startswith("_")]
    if len(public) == 1:
        return f"rename `{public[0]}` to `run`, or {_SIGNATURE}"
    return ""
