"""What is written in one turn of the loop leaves together (on uvloop, as in production)."""

import asyncio
import socket
from typing import Any

import uvloop

from pipedreamer.engine.outgoing import Outgoing


async def _pair() -> tuple[Outgoing, asyncio.Transport, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(30)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    return Outgoing(transport, loop), transport, theirs


def test_parts_of_one_turn_arrive_in_order_and_before_a_close() -> None:
    async def scene() -> bytes:
        outgoing, _, theirs = await _pair()
        outgoing.write(b"a")
        outgoing.write(b"b")
        await asyncio.sleep(0)
        outgoing.write(b"c")
        outgoing.close()
        assert outgoing.is_closing()
        with theirs:
            return await asyncio.to_thread(_all, theirs)

    assert uvloop.run(scene()) == b"abc"


def test_what_is_written_as_the_caller_goes_is_dropped_without_a_word() -> None:
    async def scene() -> list[dict[str, Any]]:
        complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        outgoing, transport, theirs = await _pair()
        transport.abort()
        outgoing.write(b"a")
        theirs.close()
        await asyncio.sleep(0.01)
        return complaints

    assert uvloop.run(scene()) == []


def _all(end: socket.socket) -> bytes:
    parts = []
    while part := end.recv(65536):
        parts.append(part)
    return b"".join(parts)
