"""Attacks on the engine by what it listens to: the connection, the shared page, the log, the output.

What counts is that the engine goes on, answers every run, and is no bigger than before.
"""

import gc
import os
import select
import socket
import stat
import time
from typing import Any

import msgspec

from .perform import marked
from .raw import any_of

_UNPROVEN = "there is no engine where nothing is locked"
_LIMIT = 80 * 1024 * 1024


def _connection() -> socket.socket:
    """The only socket with somebody at the other end that is not this process."""
    for held in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(held).st_mode):
                found = socket.socket(fileno=os.dup(held))
                if found.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM and _is_engines(held):
                    return found
        except OSError:
            continue
    raise OSError("no connection found")


def _is_engines(held: int) -> bool:
    sockets = [thing for thing in gc.get_objects() if isinstance(thing, socket.socket)]
    pairs = {thing.fileno() for thing in sockets if type(thing).__name__ == "socket"}
    loops = [thing for thing in gc.get_objects() if type(thing).__name__ == "Worker"]
    return any(getattr(loop, "_connection", None) and loop._connection.fileno() == held for loop in loops) or (
        not loops and held in pairs
    )


def _page() -> memoryview:
    recorder = next(thing for thing in gc.get_objects() if type(thing).__name__ == "FlightRecorder")
    words: memoryview = recorder.words
    return words


def _frame(*message: Any) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "little") + body


def _outcome(run: int, node: int, **more: Any) -> bytes:
    said = {"attempt": 1, "started": 1, "ended": 2, "state": "ok", "value": b"1", "last": False} | more
    return _frame("outcome", run, node, *said.values())


def _send(engine: socket.socket, data: bytes) -> None:
    """All of it; the socket does not block, and that is the worker's business too."""
    rest = memoryview(data)
    while rest:
        select.select([], [engine], [])
        try:
            rest = rest[engine.send(rest) :]
        except BlockingIOError:
            continue


def _say(frame: bytes) -> None:
    with _connection() as engine:
        _send(engine, frame)
    time.sleep(0.2)


@marked(unproven=_UNPROVEN)
def a_giant_frame(world: Any) -> None:
    _say(b"\xff\xff\xff\xff" + b"x" * 100)


@marked(unproven=_UNPROVEN)
def a_frame_that_never_ends(world: Any) -> None:
    _say(_LIMIT.to_bytes(4, "little") + b"x" * 1000)


@marked(unproven=_UNPROVEN)
def a_frame_of_nothing(world: Any) -> None:
    _say(bytes(4))


@marked(unproven=_UNPROVEN)
def a_frame_that_is_no_message(world: Any) -> None:
    _say((5).to_bytes(4, "little") + b"\xc1\xc1\xc1\xc1\xc1")


@marked(unproven=_UNPROVEN)
def a_frame_nested_without_end(world: Any) -> None:
    body = b"\x91" * 200_000 + b"\xc0"
    _say(len(body).to_bytes(4, "little") + body)


@marked(unproven=_UNPROVEN)
def a_message_that_only_the_engine_sends(world: Any) -> None:
    _say(_frame("code", "/", [], [], [], True))


@marked(unproven=_UNPROVEN)
def outcomes_of_nodes_that_are_not_there(world: Any) -> None:
    runs = (0, -1, 2**63 - 1, *range(1, 2000))
    _say(b"".join(_outcome(run, node) for run in runs for node in (-1, 2, 10**9)))


@marked(unproven=_UNPROVEN)
def outcomes_at_impossible_times(world: Any) -> None:
    runs = range(1, 2000)
    _say(b"".join(_outcome(run, 0, started=-(2**63), ended=2**64 - 1, attempt=2**63) for run in runs))


@marked(unproven=_UNPROVEN)
def outcomes_that_are_no_json(world: Any) -> None:
    _say(b"".join(_outcome(run, 0, value=b'{"a": \xff') for run in range(1, 2000)))


@marked(unproven=_UNPROVEN)
def outcomes_that_are_deep_json(world: Any) -> None:
    _say(b"".join(_outcome(run, 0, value=b"[" * 100_000 + b"]" * 100_000) for run in range(1, 200)))


@marked(unproven=_UNPROVEN)
def log_lines_of_nobody(world: Any) -> None:
    _say(b"".join(_frame("log", run, node, 1, "error", "x" * 10) for run in (-5, 2**63) for node in (-5, 2**62)))


@marked(unproven=_UNPROVEN)
def a_log_line_without_end(world: Any) -> None:
    _say(_frame("log", 1, 0, 1, "error", "x" * (_LIMIT // 2)))


@marked(unproven=_UNPROVEN)
def fetches_without_number(world: Any) -> None:
    fetch: tuple[Any, ...] = (1, 0, "http", "http://127.0.0.1:1/", "", "GET", [], None, None, None)
    more = [_frame("more", number, -(2**62)) + _frame("stop", number) for number in range(5000)]
    _say(b"".join(_frame("fetch", number, *fetch) for number in range(5000)) + b"".join(more))


@marked(unproven=_UNPROVEN)
def answers_that_nobody_reads(world: Any) -> None:
    _say(_frame("ready") * 1000 + _frame("unloaded", ["x"]) * 1000 + _frame("stuck", 10**9, 10**9))


@marked(unproven=_UNPROVEN)
def half_a_frame_and_the_end(world: Any) -> None:
    with _connection() as engine:
        _send(engine, (1000).to_bytes(4, "little") + b"x" * 10)
        os._exit(0)


@marked(unproven=_UNPROVEN)
def hanging_up(world: Any) -> None:
    with _connection() as engine:
        engine.shutdown(socket.SHUT_RDWR)
    time.sleep(0.2)


@marked(unproven=_UNPROVEN)
def hanging_up_and_going_on(world: Any) -> None:
    with _connection() as engine:
        engine.shutdown(socket.SHUT_WR)
    time.sleep(60)


@marked(unproven=_UNPROVEN)
def a_smuggled_descriptor(world: Any) -> None:
    """The engine would hold them; it is counted what it holds."""
    with _connection() as engine:
        for _ in range(50):
            socket.send_fds(engine, [_frame("log", 1, 0, 1, "info", "x")], [0, 1, 2] * 10)
    time.sleep(0.2)


@marked(unproven=_UNPROVEN)
def a_page_of_lies(world: Any) -> None:
    page = _page()
    page[:] = memoryview(b"\xff" * page.nbytes).cast("Q")
    time.sleep(1)
    os._exit(1)


@marked(unproven=_UNPROVEN)
def a_page_of_lies_and_the_end(world: Any) -> None:
    """Attempts that never were, of nodes that are not there, when the engine asks who is to blame."""
    page = _page()
    for slot in range(512):
        at = 8 + slot * 4
        page[at : at + 4] = memoryview(b"".join(n.to_bytes(8, "little") for n in (slot % 40, 10**9, 2**63, 0))).cast(
            "Q"
        )
    page[1] = 0
    os._exit(1)


@marked(unproven=_UNPROVEN)
def a_page_that_points_elsewhere(world: Any) -> None:
    page = _page()
    page[3], page[4] = 2**63, 2**64 - 1
    os.kill(os.getpid(), 9)


@marked(unproven=_UNPROVEN)
def a_page_of_another_size(world: Any) -> str:
    def cut(held: int) -> str:
        os.ftruncate(held, 0)
        return f"cut {held}" if os.fstat(held).st_size == 0 and stat.S_ISREG(os.fstat(held).st_mode) else ""

    return any_of(*(lambda held=held: cut(held) for held in range(3, 256)))


@marked(unproven=_UNPROVEN)
def a_deadline_in_the_far_future(world: Any) -> None:
    """The engine's clock believes the page only as long as a run may take at most."""
    page = _page()
    for slot in range(512):
        page[8 + slot * 4 + 3] = 2**63
    page[0] = 2**63


@marked(unproven=_UNPROVEN)
def output_without_end(world: Any) -> None:
    for _ in range(2000):
        os.write(2, b"\xff\xfe\x00 no end of lines " * 100)


@marked(unproven=_UNPROVEN)
def secrets_of_the_engine_by_the_garbage(world: Any) -> bytes:
    """All that this process can find in its own objects."""
    texts = [repr(thing)[:1000] for thing in gc.get_objects() if isinstance(thing, dict | list | tuple)]
    return " ".join(texts)[:5_000_000].encode(errors="replace")
