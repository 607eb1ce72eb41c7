"""All that the engine's process says comes as the lines of its log do."""

import asyncio
import gc
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipedreamer.cli.engine_log import log_sink, take_over_logging

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What was written, each line read as JSON."""
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    root, own = logging.getLogger(), logging.getLogger("pipedreamer")
    before = root.handlers, root.level, own.level, threading.excepthook, sys.unraisablehook
    take_over_logging(log_sink("json"), "flow", "1.0", verbose=False)
    yield lambda: [json.loads(line) for line in err.getvalue().splitlines()]
    logging.captureWarnings(False)
    root.handlers, level, own_level, threading.excepthook, sys.unraisablehook = before
    root.setLevel(level)
    own.setLevel(own_level)


def test_what_libraries_log_is_json(lines: Lines) -> None:
    logging.getLogger("a.library").warning("Exceeded %d", 1)  # uvicorn's own level is the server's to set
    logging.getLogger("a.library").info("not told")
    (line,) = lines()
    assert (line["level"], line["message"], line["workflow"], line["version"]) == ("warn", "Exceeded 1", "flow", "1.0")
    assert (line["runId"], line["node"], "trace_id" in line) == ("", "", False)


def test_what_a_task_raised_and_nobody_asked_for_is_one_line(lines: Lines) -> None:
    async def main() -> None:
        async def fail() -> None:
            raise ValueError("nobody hears\nof this")

        task = asyncio.create_task(fail())
        await asyncio.wait((task,))
        del task
        gc.collect()

    asyncio.run(main())
    (line,) = lines()
    assert line["level"] == "error"
    assert "never retrieved" in line["message"]
    assert "nobody hears\nof this" in line["message"]


@pytest.mark.filterwarnings("default")
def test_a_warning_of_python_s_is_one_line(lines: Lines) -> None:
    warnings.warn("an old thing is used", UserWarning, stacklevel=1)
    (line,) = lines()
    assert line["level"] == "warn"
    assert "UserWarning: an old thing is used" in line["message"]


def test_what_ends_a_thread_is_one_line(lines: Lines) -> None:
    def fail() -> None:
        raise ValueError("in a thread")

    for target in (fail, sys.exit):
        thread = threading.Thread(target=target, name="digger")
        thread.start()
        thread.join()
    (line,) = lines()
    assert line["level"] == "error"
    assert line["message"].startswith("thread digger ended with an error\nTraceback")
    assert line["message"].endswith("ValueError: in a thread")


def test_what_cannot_be_raised_is_one_line(lines: Lines) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("at the end")

    Broken()
    gc.collect()
    (line,) = lines()
    assert line["level"] == "error"
    assert line["message"].startswith("Exception ignored in")
    assert line["message"].endswith("ValueError: at the end")
