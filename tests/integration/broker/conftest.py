"""Brokers that are closed after the test, and certificates made once."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import pytest
from tests.integration.broker.servers import Certificates, make_certificates

from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.resolve import Resolve, resolve_by_system
from pipedreamer.runtime.http_broker import HttpBroker


class MakeBroker(Protocol):
    def __call__(
        self,
        secrets: dict[str, Any] | Callable[[], dict[str, Any]] | None = None,
        *,
        resolve: Resolve = resolve_by_system,
        **limits: float,
    ) -> HttpBroker: ...


@pytest.fixture
async def make_broker() -> AsyncIterator[MakeBroker]:
    brokers: list[HttpBroker] = []

    def make(
        secrets: dict[str, Any] | Callable[[], dict[str, Any]] | None = None,
        *,
        resolve: Resolve = resolve_by_system,
        **limits: Any,
    ) -> HttpBroker:
        given = secrets if callable(secrets) else lambda: secrets or {}
        brokers.append(HttpBroker(given, FetchLimits(**limits), resolve))
        return brokers[-1]

    yield make
    for broker in brokers:
        await broker.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    names = "DNS:api.github.com,DNS:api.my-service.com,DNS:localhost,IP:127.0.0.1"
    return make_certificates(tmp_path_factory.mktemp("certificates"), names)
