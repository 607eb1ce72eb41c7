"""The twin of the real broker: answers fetches from a fixture, and remembers what was asked."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NoReturn

import msgspec
import orjson

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.broker import Answer
from pipedreamer.runtime.egress import Egress
from pipedreamer.runtime.fetch.address import shown
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.permitted import Permitted
from pipedreamer.runtime.fetch.request import first_target, name_of
from pipedreamer.runtime.permitted_secrets import fetch_secrets
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.spec import Permissions
from pipedreamer.spec.nearest import Names
from pipedreamer.testing.canned import CannedAnswer, json_answer
from pipedreamer.testing.mocks import Mocks
from pipedreamer.testing.routes import Route, choose, cluster_routes, http_routes

_CLUSTER: Final = frozenset(
    f"kubernetes{more}" for more in ("", ".default", ".default.svc", ".default.svc.cluster.local")
)
"""Where pods find their cluster's API (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/)."""

REMEMBERED: Final = 1000
"""Of a node that asks more often only the first requests are kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something that a node asked for, and how it was answered.

    `url` is whole, `headers` have small letters and hold what the secrets added. `status` is None where the fetch
    failed, with `error` saying why. `answered_by` is the fixture's key, "" where it has none that fits.
    """

    kind: Literal["http", "k8s"]
    method: str
    service: str
    path: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    status: int | None = None
    error: str = ""
    answered_by: str = ""

    @property
    def text(self) -> str:
        """The body as text."""
        return (self.body or b"").decode(errors="replace")

    def json(self) -> Any:
        """The body as a JSON value; raises ValueError where it is none."""
        return orjson.loads(self.body or b"")


@dataclass(frozen=True, slots=True)
class MockAnswer:
    """Implements `runtime.broker.Answer`."""

    status: int
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        if self.body:
            yield self.body


class MockBroker:
    """Implements `runtime.broker.Broker`; `fetch` and `k8s` are as in a fixture file.

    A fetch that nothing answers gets 200 and `{"mock": true, "service": ..., "path": ...}`; a path of the cluster that
    nothing answers is an error; so are requests to its address (`https://kubernetes.default.svc/...`) once there is a
    `k8s`, which answers those, too. What the real broker would refuse to send is refused here too, and by `of` what the
    permissions do not let out. `requests` has what was asked, in order. Raises FixtureError for answers that make no
    sense.
    """

    def __init__(
        self,
        fetch: Mapping[str, Any] | None = None,
        k8s: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Any] | None = None,
    ) -> None:
        self._routes = http_routes(fetch or {}, "MockBroker")
        self._cluster = cluster_routes(k8s or {}, "MockBroker")
        self._secrets = dict(secrets or {})
        self._permitted = Permitted.everything()
        self._turns: dict[Route, int] = {}
        self.requests: list[Request] = []

    @classmethod
    def of(cls, mocks: Mocks, permissions: Permissions) -> "MockBroker":
        """A broker for mocks that were read before, in a workflow with these permissions."""
        broker = cls(secrets=fetch_secrets(mocks.secrets, permissions))
        broker._permitted = Permitted(permissions, Egress(permissions.net))
        broker._routes, broker._cluster = mocks.fetch, mocks.k8s
        return broker

    @property
    def unused(self) -> tuple[str, ...]:
        """The keys of answers that nobody asked for."""
        return tuple(route.pattern for route in (*self._routes, *self._cluster) if route not in self._turns)

    def open(self, request: Fetch, _worker: object = None, /) -> AbstractAsyncContextManager[Answer]:
        return self._open(request)

    async def close(self) -> None:
        """Nothing is held open."""

    @asynccontextmanager
    async def _open(self, request: Fetch) -> AsyncIterator[Answer]:
        yield self._from_cluster(request) if request.kind == "k8s" else self._from_network(request)

    def _from_cluster(self, request: Fetch) -> MockAnswer:
        asked = Request("k8s", "GET", "k8s", request.path, request.path)
        route = self._route_of_cluster(request, asked)
        return self._answer(asked, self._next(route), route.pattern)

    def _route_of_cluster(self, request: Fetch, asked: Request) -> Route:
        route = choose(self._cluster, request)
        if route is None:
            near = Names(route.pattern for route in self._cluster).hint(request.path)
            self._fail(asked, f"no answer for this path of the cluster{f' ({near})' if near else ''}: give one in k8s")
        return route

    def _from_network(self, request: Fetch) -> MockAnswer:
        try:
            target = first_target(request, self._secrets, FetchLimits(), self._permitted)
        except FetchError as error:
            asked = Request("http", request.method, request.service, request.path, "", body=request.body)
            self._fail(asked, str(error), name_of(request))
        asked = Request(
            kind="http",
            method=target.method,
            service=request.service,
            path=request.path,
            url=str(target.url),
            headers={name.lower(): value for name, value in target.headers},
            body=target.body,
        )
        route = choose(self._routes, request)
        if route is None and self._cluster and target.url.host in _CLUSTER:
            by_path = msgspec.structs.replace(request, kind="k8s", path=target.url.raw_path.decode())
            route = self._route_of_cluster(by_path, asked)
        if route is None:
            mock = {"mock": True, "service": request.service, "path": request.path}
            return self._answer(asked, json_answer(mock), "")
        canned = self._next(route)
        if canned.error:
            self._fail(asked, canned.error, f"{target.method} {shown(target.url)}", route.pattern)
        return self._answer(asked, canned, route.pattern)

    def _next(self, route: Route) -> CannedAnswer:
        turn = self._turns.get(route, 0)
        self._turns[route] = turn + 1
        return route.answers[min(turn, len(route.answers) - 1)]

    def _answer(self, asked: Request, canned: CannedAnswer, pattern: str) -> MockAnswer:
        self._remember(replace(asked, status=canned.status, answered_by=pattern))
        body = b"" if asked.method == "HEAD" else canned.body
        return MockAnswer(canned.status, asked.url, canned.headers, body)

    def _fail(self, asked: Request, reason: str, what: str = "", pattern: str = "") -> NoReturn:
        self._remember(replace(asked, error=reason, answered_by=pattern))
        raise FetchError(f"{what or f'{asked.method} {asked.path}'}: {reason}")

    def _remember(self, asked: Request) -> None:
        if len(self.requests) < REMEMBERED:
            self.requests.append(asked)
