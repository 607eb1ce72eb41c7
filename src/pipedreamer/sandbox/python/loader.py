"""Loading a workflow's node files, each once, under a name that relative imports and tracebacks understand."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

from pipedreamer.sandbox.protocol import Code, NodeCode
from pipedreamer.sandbox.python.explain import clean, said_by
from pipedreamer.sandbox.python.fresh import FreshLoader, import_fresh_below
from pipedreamer.sandbox.python.remedies import remedy
from pipedreamer.sandbox.python.typed import Read, reader


@dataclass(frozen=True, slots=True)
class LoadedNode:
    """A node ready to run: its function, and how its input is read."""

    id: str
    timeout_ns: int
    retries: int
    parents: tuple[int, ...]
    function: Callable[..., Any]
    is_async: bool
    read: Read


class LoadError(Exception):
    """Nodes that cannot be loaded; `messages` has one line each."""

    def __init__(self, messages: tuple[str, ...]) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


def load(code: Code) -> list[LoadedNode]:
    """Import every node file, after putting the workflow's folders at the end of the import path.

    Raises `LoadError` with every node that cannot be loaded, and why.
    """
    own = (str(Path(node.file).parent) for node in code.nodes if node.file)
    folders = dict.fromkeys([code.root, *own, *code.paths])
    import_fresh_below(code.root)
    sys.path.extend(folder for folder in folders if folder not in sys.path)
    modules: dict[str, ModuleType] = {}
    loaded, messages = [], []
    for node in code.nodes:
        if not node.file:
            loaded.append(_abroad(node))
            continue
        try:
            if node.file not in modules:
                modules[node.file] = _import(node.file, code.root)
            loaded.append(_node(node, modules[node.file]))
        except BaseException as error:  # noqa: BLE001 - a node's module may raise anything, SystemExit too
            messages.append(f'Node "{node.id}": {clean(_explain(error, code.root))}')
    if messages:
        raise LoadError(tuple(messages))
    return loaded


def _abroad(node: NodeCode) -> LoadedNode:
    """Keeps the place of a node in another language, which is never run here."""

    def never(*_: Any) -> Any:
        raise RuntimeError("this node runs in another worker")

    return LoadedNode(node.id, 0, 0, (), never, is_async=False, read=never)


def _import(file: str, root: str) -> ModuleType:
    relative = PurePath(file).relative_to(root).with_suffix("")
    # A file at the top must not take a name such as `json` away from Python's own library.
    name = ".".join(relative.parts) if len(relative.parts) > 1 else f"workflow:{relative.name}"
    spec = importlib.util.spec_from_file_location(name, file, loader=FreshLoader(name, file))
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _node(node: NodeCode, module: ModuleType) -> LoadedNode:
    function = getattr(module, "run", None)
    where = PurePath(node.file).name
    if function is None:
        raise TypeError(f"{where} defines no `run`: write `async def run(ctx, input):`")
    if not callable(function):
        raise TypeError(f"`run` in {where} is a {type(function).__name__}, not a function")
    called = function if inspect.isroutine(function) else type(function).__call__
    if inspect.isasyncgenfunction(called) or inspect.isgeneratorfunction(called):
        raise TypeError(f"`run` in {where} uses `yield`: return a list instead")
    try:
        inspect.signature(function).bind(None, None)
    except TypeError as error:
        raise TypeError(f"`run` in {where} cannot be called as run(ctx, input): {error}") from error
    return LoadedNode(
        id=node.id,
        timeout_ns=node.timeout_ms * 1_000_000,
        retries=node.retries,
        parents=node.parents,
        function=function,
        is_async=inspect.iscoroutinefunction(called),
        read=reader(function),
    )


def _explain(error: BaseException, root: str) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename, root)}:{error.lineno}: SyntaxError: {error.msg}"
    text = f"{type(error).__name__}: {said_by(error)}"
    if isinstance(error, ModuleNotFoundError):
        text += " (a package goes into requirements.txt, then `pipedreamer lock`)"
    elif hint := remedy(error, root):
        text += f" [{hint}]"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(root)]
    return f"{_shown(frames[-1].filename, root)}:{frames[-1].lineno}: {text}" if frames else text


def _shown(file: str, root: str) -> str:
    return str(PurePath(file).relative_to(root)) if PurePath(file).is_relative_to(root) else file
