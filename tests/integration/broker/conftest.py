"""Brokers that are closed after the test, and certificates made once."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import pytest
from tests.integration.broker.servers import Certificates, make_certificates

from pipedreamer.runtime.egress import OwnPorts
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.resolve import Resolve
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.spec.permissions import Destination, Permissions


class MakeBroker(Protocol):
    def __call__(
        self,
        secrets: dict[str, Any] | Callable[[], dict[str, Any]] | None = None,
        *,
        resolve: Resolve | None = None,
        permissions: Permissions | Callable[[], Permissions] | None = None,
        own_ports: OwnPorts | None = None,
        **limits: float,
    ) -> HttpBroker: ...


@pytest.fixture
async def make_broker() -> AsyncIterator[MakeBroker]:
    brokers: list[HttpBroker] = []

    def make(
        secrets: dict[str, Any] | Callable[[], dict[str, Any]] | None = None,
        *,
        resolve: Resolve | None = None,
        permissions: Permissions | Callable[[], Permissions] | None = None,
        own_ports: OwnPorts | None = None,
        **limits: Any,
    ) -> HttpBroker:
        given = secrets if callable(secrets) else lambda: secrets or {}
        allowed = permissions if callable(permissions) else lambda: permissions or Permissions()
        broker = HttpBroker(given, FetchLimits(**limits), resolve, permissions=allowed, own_ports=own_ports)
        brokers.append(broker)
        return brokers[-1]

    yield make
    for broker in brokers:
        await broker.close()


def listed(*entries: str, **others: Any) -> Permissions:
    """The permissions of a workflow whose `net` has these entries, each with its port."""
    parts = [entry.rpartition(":") for entry in entries]
    net = tuple(Destination(host, int(port)) for host, _, port in parts)
    return Permissions(net=net, declared=True, **others)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    names = "DNS:api.github.com,DNS:api.my-service.com,DNS:github.example,DNS:localhost,IP:127.0.0.1"
    return make_certificates(tmp_path_factory.mktemp("certificates"), names)
