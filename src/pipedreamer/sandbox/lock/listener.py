"""The engine's side of a seccomp listener: a thread of a worker stands still in `connect` until it is answered.

The answer is never "go on": the call's arguments lie in the worker's memory and could be changed meanwhile. What the
worker gets in place of its socket is one that the engine has connected. (seccomp_unotify(2))
"""

import errno
import fcntl
import os
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Final

from pipedreamer.sandbox.lock.kernel import syscall

_RECEIVE, _SEND, _IS_VALID, _ADD = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103
_REQUEST: Final = struct.Struct("=QIIiIQ6Q")
_ANSWER: Final = struct.Struct("=QqiI")
_ADDITION: Final = struct.Struct("=QIIII")
_IN_PLACE: Final = 1
_LONGEST_ADDRESS: Final = 128
_IPV4, _IPV6 = struct.Struct("!H4s"), struct.Struct("!HI16s")
"""Behind the family: port and address; in IPv6 with the flow between."""


@dataclass(frozen=True, slots=True)
class Call:
    """A `connect` that waits: which thread, on which descriptor of its process, and where the address lies."""

    id: int
    thread: int
    descriptor: int
    address: int
    length: int


def receive(listener: int) -> Call | None:
    """The next call, None when it has gone meanwhile. Raises OSError when the worker has."""
    buffer = bytearray(_REQUEST.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR):
            return None
        raise
    identity, thread, _, _, _, _, descriptor, address, length, *_ = _REQUEST.unpack(buffer)
    return Call(identity, thread, descriptor & 0xFFFFFFFF, address, length & 0xFFFFFFFF)


def destination(listener: int, call: Call) -> tuple[str, int]:
    """The IP address and port it asks for, read from its memory. Raises OSError for anything else than TCP's."""
    with open(f"/proc/{call.thread}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        try:
            raw = os.pread(memory.fileno(), min(call.length, _LONGEST_ADDRESS), call.address)
        except OverflowError as error:
            raise OSError(errno.EFAULT, "an address outside of all memory") from error
    # Only now is it sure that the number of the thread was not somebody else's already.
    fcntl.ioctl(listener, _IS_VALID, struct.pack("=Q", call.id))
    family = int.from_bytes(raw[:2], sys.byteorder)
    if family == socket.AF_INET and len(raw) >= 2 + _IPV4.size:
        port, packed = _IPV4.unpack_from(raw, 2)
        return socket.inet_ntop(socket.AF_INET, packed), port
    if family == socket.AF_INET6 and len(raw) >= 2 + _IPV6.size:
        port, _, packed = _IPV6.unpack_from(raw, 2)
        return socket.inet_ntop(socket.AF_INET6, packed), port
    raise OSError(errno.EACCES, "not an address of TCP")


def place_holder(call: Call, process: int) -> tuple[socket.socket, bool, bool]:
    """A copy of the socket that is to be connected; whether it is non-blocking, and whether it is closed at exec.

    `process` is the worker's pidfd.
    """
    with open(f"/proc/{call.thread}/fdinfo/{call.descriptor}") as info:  # noqa: PTH123
        flags = next(int(line.split()[1], 8) for line in info if line.startswith("flags:"))
    held = socket.socket(fileno=syscall("pidfd_getfd", process, call.descriptor, 0))
    return held, bool(flags & os.O_NONBLOCK), bool(flags & os.O_CLOEXEC)


def put_in_place(listener: int, call: Call, connected: int, *, closed_at_exec: bool) -> None:
    """Let the worker's descriptor mean this socket from now on."""
    flags = os.O_CLOEXEC if closed_at_exec else 0
    fcntl.ioctl(listener, _ADD, _ADDITION.pack(call.id, _IN_PLACE, connected, call.descriptor, flags))


def answer(listener: int, call: Call, error: int = 0) -> None:
    """Let the call return, with this errno or with success. One that has gone meanwhile is no error."""
    try:
        fcntl.ioctl(listener, _SEND, _ANSWER.pack(call.id, 0, -error, 0))
    except OSError as gone:
        if gone.errno not in (errno.ENOENT, errno.EINPROGRESS):
            raise
