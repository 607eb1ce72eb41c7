"""Frames out of a stream of bytes: a little-endian 32-bit length, then a msgpack message."""

import struct
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from pipedreamer.sandbox.protocol import FRAME_LIMIT, ToEngine, ToWorker

HEAD: Final = struct.Struct("<I")
"""A frame's length, in front of it."""

_encoder = msgspec.msgpack.Encoder()


def pack(message: ToEngine | ToWorker) -> bytes:
    """A message as a frame."""
    body = _encoder.encode(message)
    if len(body) > FRAME_LIMIT:
        raise ValueError(f"a message of {len(body):,} bytes is over the limit of {FRAME_LIMIT:,}")
    return HEAD.pack(len(body)) + body


class Unpacker:
    """Collects bytes and yields messages; raises `ValueError` for a frame that is too long or is no message."""

    def __init__(self, kind: Any, limit: int = FRAME_LIMIT) -> None:
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._limit = limit
        self._rest = bytearray()
        self._wanted = 0
        self.received = 0

    @property
    def is_amid(self) -> bool:
        """Whether a frame has begun and is not whole."""
        return bool(self._rest)

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Any]:
        """The messages that are whole now; what is left is copied and waits for more."""
        self.received += len(data)
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return
            data, self._rest = self._rest, bytearray()
        view = memoryview(data)
        at, end, self._wanted = 0, len(view), HEAD.size
        try:
            while end - at >= HEAD.size:
                length = HEAD.unpack_from(view, at)[0]
                if length > self._limit:
                    raise ValueError(f"a frame of {length:,} bytes is over the limit of {self._limit:,}")
                self._wanted = HEAD.size + length
                if end - at < self._wanted:
                    break
                body = view[at + HEAD.size : at + self._wanted]
                at, self._wanted = at + self._wanted, HEAD.size
                try:
                    message = self._decode(body)
                except (msgspec.DecodeError, RecursionError) as error:
                    raise ValueError(f"a frame that is no message: {error}") from error
                yield message
        finally:
            self._rest += view[at:]
