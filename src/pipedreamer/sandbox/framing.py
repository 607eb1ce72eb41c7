"""Frames out of a stream of bytes: a little-endian 32-bit length, then a msgpack message."""

from collections.abc import Iterator
from typing import Any

import msgspec

from pipedreamer.sandbox.protocol import FRAME_LIMIT, ToEngine, ToWorker

_encoder = msgspec.msgpack.Encoder()


def pack(message: ToEngine | ToWorker) -> bytes:
    """A message as a frame."""
    body = _encoder.encode(message)
    if len(body) > FRAME_LIMIT:
        raise ValueError(f"a message of {len(body):,} bytes is over the limit of {FRAME_LIMIT:,}")
    return len(body).to_bytes(4, "little") + body


class Unpacker:
    """Collects bytes and yields messages; raises `ValueError` for a frame that is too long or is no message."""

    def __init__(self, kind: Any, limit: int = FRAME_LIMIT) -> None:
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._limit = limit
        self._rest = bytearray()
        self.received = 0

    def feed(self, data: bytes) -> Iterator[Any]:
        """The messages that are whole now; what is left waits for more."""
        self.received += len(data)
        rest = self._rest
        rest += data
        at, end = 0, len(rest)
        try:
            while end - at >= 4:
                length = int.from_bytes(rest[at : at + 4], "little")
                if length > self._limit:
                    raise ValueError(f"a frame of {length:,} bytes is over the limit of {self._limit:,}")
                if end - at - 4 < length:
                    break
                body = bytes(rest[at + 4 : at + 4 + length])
                at += 4 + length
                try:
                    message = self._decode(body)
                except (msgspec.DecodeError, RecursionError) as error:
                    raise ValueError(f"a frame that is no message: {error}") from error
                yield message
        finally:
            del rest[:at]
