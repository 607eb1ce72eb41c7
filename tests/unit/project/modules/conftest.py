import builtins
from typing import Any

import pytest


@pytest.fixture
def without_deno(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra had not been installed."""
    load = builtins.__import__

    def missing(name: str, *more: Any, **named: Any) -> Any:
        if name == "deno":
            raise ImportError(name)
        return load(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
