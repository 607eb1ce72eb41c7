"""What a fetch brought, its body still on the way."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Final

import httpcore

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.fetch.decoding import decoder_for
from pipedreamer.runtime.fetch.failure import FAILURES, why
from pipedreamer.runtime.fetch.headers import Headers, without
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.patience import Patience
from pipedreamer.runtime.fetch.redirects import Target

_DRAIN_LIMIT: Final = 64 * 1024


class HttpAnswer:
    """An answer whose headers are here; implements `runtime.broker.Answer`.

    `complain` makes the error that a node sees out of a reason.
    """

    def __init__(
        self,
        response: httpcore.Response,
        target: Target,
        limits: FetchLimits,
        patience: Patience,
        complain: Callable[[str], FetchError],
    ) -> None:
        headers = _header_texts(response)
        encodings = [value for name, value in headers if name.lower() == "content-encoding"]
        self._decoder = None if target.method == "HEAD" else decoder_for(",".join(encodings))
        self.status = response.status
        self.url = str(target.url)
        # What is given on is unpacked, so these two would lie about it.
        self.headers = without(headers, ("content-encoding", "content-length")) if self._decoder else headers
        self._response = response
        self._limits = limits
        self._patience = patience
        self._complain = complain
        self.is_read = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body unpacked, in pieces of at most some 64 KiB, read as they are asked for; raises FetchError."""
        size = packed_size = 0
        try:
            async with aclosing(self._arriving()) as arriving:
                async for data in arriving:
                    packed_size += len(data)
                    for piece in (data,) if self._decoder is None else self._decoder.feed(data):
                        size += len(piece)
                        self._check_size(max(size, packed_size))
                        yield piece
                    self._check_size(packed_size)
            if self._decoder is not None:
                self._decoder.end()
        except FetchError as error:
            raise self._complain(str(error)) from None
        self.is_read = True

    def _check_size(self, size: int) -> None:
        if size > self._limits.response_body:
            raise FetchError(f"the body is larger than {self._limits.response_body} bytes")

    async def _arriving(self) -> AsyncGenerator[bytes, None]:
        stream = aiter(self._response.aiter_stream())
        while True:
            try:
                async with self._patience.for_a_sign():
                    data = await anext(stream, None)
            except TimeoutError:
                raise FetchError(self._patience.why()) from None
            except FAILURES as error:
                raise FetchError(why(error, self._limits.connect_s)) from error
            if data is None:
                return
            yield data


async def drain(response: httpcore.Response) -> bool:
    """Read a short body that nobody wants, so that its connection serves again; false where it is too long for that."""
    size = 0
    async with aclosing(aiter(response.aiter_stream())) as stream:  # type: ignore[type-var]
        async for data in stream:
            size += len(data)
            if size > _DRAIN_LIMIT:
                return False
    return True


def _header_texts(response: httpcore.Response) -> Headers:
    """The headers as text; bytes outside ASCII are taken for Latin-1, as HTTP once said."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
