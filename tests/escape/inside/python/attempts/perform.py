"""What an attempt is, and making one.

An attempt is a public function of a module of this folder. It is given the world (what an attacker would have found
out) and returns text that says what it got, or bytes to be searched for secrets; "" or an exception mean nothing. What
it does to others is not believed but looked at from outside.
"""

import importlib
import inspect
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar

_Attempt = TypeVar("_Attempt", bound=Callable[..., Any])


def marked(**marks: str) -> Callable[[_Attempt], _Attempt]:
    """Notes on an attempt: `unproven` says why it does not get out where nothing is locked either, `node` which node
    makes it, `leaves` that it ends its own process where it gets out.
    """

    def mark(function: _Attempt) -> _Attempt:
        function.__dict__.update(marks)
        return function

    return mark


def attempts(*modules: str) -> dict[str, Callable[..., Any]]:
    """All attempts by `module.name`, of these modules."""
    found: dict[str, Callable[..., Any]] = {}
    for name in modules:
        module = importlib.import_module(f"{__package__}.{name}")
        for label, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not label.startswith("_"):
                found[f"{name}.{label}"] = function
    return found


def perform(name: str, world: dict[str, Any]) -> dict[str, str]:
    """Make one; `got` is what it says it got, `loot` what it read, `how` why it got nothing."""
    function = attempts(name.partition(".")[0])[name]
    others = {key: [pid for pid in world[key] if pid != os.getpid()] for key in ("others", "everybody")}
    try:
        got = function(SimpleNamespace(**world | others | {"word": world["word"].encode()}))
    except Exception as error:  # noqa: BLE001 - whatever the kernel or Python says
        return {"got": "", "loot": "", "how": f"{type(error).__name__}: {error}"}
    if isinstance(got, bytes):
        return {"got": "", "loot": got.decode("latin-1"), "how": f"{len(got)} bytes"}
    return {"got": str(got or ""), "loot": "", "how": "nothing"}
