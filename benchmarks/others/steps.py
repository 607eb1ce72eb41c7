"""The work of every system: the functions of examples/word-counter, and a step that adds one."""

import importlib.util
import sys
from collections.abc import Coroutine
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

_NODES = Path(__file__).parents[2] / "examples" / "word-counter" / "nodes"

TEXT = "the quick brown fox jumps over the lazy dog again"
WORDS = 10
SEQUENCE, FAN_OUT = 40, 100


def source(given: dict[str, Any]) -> dict[str, Any]:
    return _finished(_SOURCE.run(_CONTEXT, _SOURCE.Given(**given)))


def tokenize(text: dict[str, Any]) -> dict[str, Any]:
    return _finished(_TOKENIZE.run(_CONTEXT, _TOKENIZE.Text(**text)))


def report(tokens: dict[str, Any]) -> dict[str, Any]:
    return _finished(_REPORT.run(_CONTEXT, _REPORT.Tokens(**tokens)))


def add_one(value: int) -> int:
    return value + 1


def _load(name: str) -> ModuleType:
    full = f"word_counter_{name}"
    spec = importlib.util.spec_from_file_location(full, _NODES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[full] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _finished(coroutine: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """What a coroutine that waits for nothing returns; so no system pays for an event loop that it does not need."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        value: dict[str, Any] = ended.value
        return value
    raise RuntimeError("a node of word-counter waits for something")


_CONTEXT = SimpleNamespace(config={"timeout": "5s", "top": 5})
_SOURCE, _TOKENIZE, _REPORT = (_load(name) for name in ("source", "tokenize", "report"))
