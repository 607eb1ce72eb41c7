"""Attacks on the engine over the socket by which drivers ask it for connections, where there is one."""

import os
import socket
import stat
import time
from typing import Any

import msgspec

from .perform import marked

_UNPROVEN = "there is no engine where nothing is locked"


def _conduit() -> socket.socket:
    for held in range(3, 256):
        try:
            is_socket = stat.S_ISSOCK(os.fstat(held).st_mode)
        except OSError:
            continue
        if is_socket:
            found = socket.socket(fileno=os.dup(held))
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_SEQPACKET:
                found.settimeout(1)
                return found
    raise OSError("there is none")


def _ask(request: bytes) -> str:
    """A descriptor that came with the answer, in words."""
    with _conduit() as engine:
        engine.send(request)
        _, descriptors, _, _ = socket.recv_fds(engine, 4096, 4)
        return " ".join(f"was given {held}" for held in descriptors)


@marked(unproven=_UNPROVEN)
def a_connection_to_what_is_not_declared(world: Any) -> str:
    return _ask(msgspec.msgpack.encode(["127.0.0.1", world.tcp])) + _ask(
        msgspec.msgpack.encode(["198.18.0.1", world.tcp])
    )


@marked(unproven=_UNPROVEN)
def an_address_that_is_none(world: Any) -> str:
    odd = ("", "\0", "x" * 3000, "127.1", "0x7f000001", "::ffff:127.0.0.1", "[::1]", "localhost")
    return "".join(_ask(msgspec.msgpack.encode([host, world.tcp])) for host in odd)


@marked(unproven=_UNPROVEN)
def a_port_that_is_none(world: Any) -> str:
    return "".join(_ask(msgspec.msgpack.encode(["127.0.0.1", port])) for port in (-1, 65536 + world.tcp, 2**63))


@marked(unproven=_UNPROVEN)
def no_request_at_all(world: Any) -> str:
    return _ask(b"\xc1" * 100)


@marked(unproven=_UNPROVEN)
def a_request_too_long(world: Any) -> str:
    return _ask(msgspec.msgpack.encode(["127.0.0.1", world.tcp]) + b"x" * 5000)


@marked(unproven=_UNPROVEN)
def requests_that_nobody_waits_for(world: Any) -> None:
    with _conduit() as engine:
        engine.settimeout(0.2)
        for _ in range(5000):
            engine.send(msgspec.msgpack.encode(["198.18.0.1", world.mapped]))
    time.sleep(0.5)


@marked(unproven=_UNPROVEN)
def a_smuggled_descriptor(world: Any) -> None:
    with _conduit() as engine:
        for _ in range(20):
            socket.send_fds(engine, [msgspec.msgpack.encode(["127.0.0.1", 1])], [0, 1, 2] * 10)
    time.sleep(0.2)
