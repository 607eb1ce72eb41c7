"""Bodies that came compressed, unpacked in small pieces, so that no answer is ever larger in memory than it may be."""

import zlib
from collections.abc import Iterator
from typing import Final

from pipedreamer.authoring import FetchError

PIECE: Final = 64 * 1024
"""The most bytes that one step unpacks."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Decoder:
    """Unpacks one body; `feed` takes what arrived, `end` says that nothing more comes. Both raise FetchError."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._unpacker = zlib.decompressobj(window)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if data and not self._begun:
            self._begun = True
            if self._window == _ZLIB and not _is_zlib(data):
                self._unpacker = zlib.decompressobj(_RAW)
        while data:
            yield from self._unpack(data)
            data = self._unpacker.unused_data
            if self._window != _GZIP or not data.strip(b"\0"):
                return
            if self._unpacker.eof:  # a gzip file may be several, one after the other (RFC 1952)
                self._unpacker = zlib.decompressobj(self._window)

    def end(self) -> None:
        if self._begun and not self._unpacker.eof:
            raise FetchError("the compressed body broke off before its end")

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        piece = b"-"
        while data or len(piece) == PIECE:
            try:
                piece = self._unpacker.decompress(data, PIECE)
            except zlib.error as error:
                raise FetchError("the body is not compressed the way its Content-Encoding says") from error
            data = self._unpacker.unconsumed_tail
            if piece:
                yield piece


def decoder_for(content_encoding: str) -> Decoder | None:
    """What unpacks this Content-Encoding; None where the body is given on as it is."""
    match content_encoding.strip().lower():
        case "gzip" | "x-gzip":
            return Decoder(_GZIP)
        case "deflate":
            return Decoder(_ZLIB)
        case _:
            return None


def _is_zlib(data: bytes) -> bool:
    """Some servers send `deflate` without zlib's two bytes in front (RFC 9110, 8.4.1.2)."""
    return data[0] & 0x0F == 8 and (len(data) < 2 or int.from_bytes(data[:2], "big") % 31 == 0)
