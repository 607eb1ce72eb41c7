"""Sends one request, follows its redirects, and brings the answer's headers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import httpcore

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.fetch.address import host_header
from pipedreamer.runtime.fetch.answer import drain
from pipedreamer.runtime.fetch.failure import STALE
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.patience import Patience
from pipedreamer.runtime.fetch.pools import Pool, Pools
from pipedreamer.runtime.fetch.redirects import Target, following

_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_BODY_EXPECTED: Final = frozenset({"POST", "PUT", "PATCH"})
_STALE_LIMIT: Final = 4


@dataclass(slots=True)
class _Trace:
    """What httpcore tells about one request on its way."""

    is_http2: bool = False
    is_connected_anew: bool = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:  # noqa: ARG002 (httpcore's signature)
        if event.startswith("http2."):
            self.is_http2 = True
        elif event == "connection.connect_tcp.started":
            self.is_connected_anew = True


@dataclass(slots=True)
class Exchange:
    """One fetch up to its answer's headers; `target` is the request last sent. Errors are httpcore's or FetchError.

    Without `follow` a redirect is an answer like any other.
    """

    pools: Pools
    pool: Pool
    limits: FetchLimits
    patience: Patience
    target: Target
    follow: bool = True
    _trace: _Trace = field(default_factory=_Trace)

    async def run(self) -> httpcore.Response:
        """The answer, which the caller closes."""
        for _ in range(self.limits.redirects + 1):
            response = await self._patiently()
            try:
                location = self._location(response)
                target = following(self.target, response.status, location) if self.follow else None
                if target is None:
                    return response
                async with self.patience.for_a_sign():
                    is_whole = await drain(response)
            except BaseException:
                await self.end(response, is_whole=False)
                raise
            await self.end(response, is_whole=is_whole)
            self.target = target
        raise FetchError(f"was redirected more than {self.limits.redirects} times")

    async def end(self, response: httpcore.Response, *, is_whole: bool) -> None:
        """Close an answer of this fetch; `is_whole` says that its body was read to the end."""
        if self._trace.is_http2 and not is_whole:
            await self.pools.retire(self.pool)
        await response.aclose()

    def _location(self, response: httpcore.Response) -> str | None:
        if _size(response.headers) > self.limits.headers:
            raise FetchError(f"the answer's headers are larger than {self.limits.headers} bytes")
        found = next((value for name, value in response.headers if name.lower() == b"location"), None)
        if found is None:
            return None
        try:
            return found.decode()
        except UnicodeDecodeError:
            return found.decode("latin-1")

    async def _patiently(self) -> httpcore.Response:
        async with self.patience.for_a_sign():
            for _ in range(_STALE_LIMIT):
                try:
                    return await self._send()
                except STALE:
                    # The server had closed a kept connection: nothing was done, so ask again on another one.
                    if self._trace.is_connected_anew or self.target.method not in _REPEATABLE:
                        raise
            return await self._send()

    async def _send(self) -> httpcore.Response:
        self._trace = _Trace()
        try:
            return await self.pool.connections.handle_async_request(self._request())
        except BaseException:
            if self._trace.is_http2:
                await self.pools.retire(self.pool)
            raise

    def _request(self) -> httpcore.Request:
        url, body = self.target.url, self.target.body
        headers = [("Host", host_header(url)), *self.target.headers]
        if body is not None or self.target.method in _BODY_EXPECTED:
            headers.append(("Content-Length", str(len(body or b""))))
        raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
        if _size(raw) + len(url.raw_path) > self.limits.headers:
            raise FetchError(f"the request's headers and URL are larger than {self.limits.headers} bytes")
        return httpcore.Request(
            self.target.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=raw,
            content=body,
            extensions={"timeout": {"connect": self.limits.connect_s}, "trace": self._trace},
        )


def _size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + len(": \r\n") for name, value in headers)
