"""Who is let in, on every route (contract: calls from another origin and with an unknown Host)."""

from typing import Any

import pytest

from pipedreamer.engine.service import Limits

PATHS = ("/run", "/health", "/ready", "/metrics", "/nothing")


@pytest.mark.parametrize("path", PATHS)
async def test_an_unknown_host_is_403_for_every_route_get_included(engine: Any, path: str) -> None:
    status, _, answer = await engine.ask(f"GET {path} HTTP/1.1\nHost: evil.example.com:8080")
    assert status == 403
    assert "evil.example.com" in answer["error"]
    assert engine.twin.inputs == []


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_of_another_origin_is_403_for_every_route_get_included(engine: Any, path: str) -> None:
    status, _, _ = await engine.ask(f"GET {path} HTTP/1.1\nHost: localhost\nOrigin: http://evil.example.com")
    assert status == 403
    status, _, _ = await engine.ask(f"GET {path} HTTP/1.1\nHost: localhost\nSec-Fetch-Site: cross-site")
    assert status == 403
    assert engine.twin.inputs == []


async def test_a_cors_preflight_is_refused_and_grants_nothing(engine: Any) -> None:
    status, headers, _ = await engine.ask(
        "OPTIONS /run HTTP/1.1\nHost: localhost\nOrigin: http://evil.example.com\nAccess-Control-Request-Method: POST"
    )
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control")]


async def test_a_page_of_the_engine_itself_may_call(engine: Any) -> None:
    port = engine.port
    status, _, _ = await engine.ask(
        f"POST /run HTTP/1.1\nHost: localhost:{port}\nOrigin: http://localhost:{port}\nSec-Fetch-Site: same-origin"
    )
    assert status == 200


async def test_an_allowed_host_may_be_called_by(start_engine: Any) -> None:
    engine = await start_engine(limits=Limits(allowed_hosts=("flow.example.com",)))
    assert (await engine.ask("POST /run HTTP/1.1\nHost: Flow.Example.com:8443"))[0] == 200
    assert (await engine.ask("POST /run HTTP/1.1\nHost: other.example.com"))[0] == 403


@pytest.mark.parametrize("lines", ["", "\nHost: localhost\nHost: evil.example.com", "\nHost: a b", "\nHost: http://x"])
async def test_a_missing_doubled_or_garbled_host_is_400(engine: Any, lines: str) -> None:
    status, _, answer = await engine.ask(f"POST /run HTTP/1.1{lines}")
    assert status == 400
    assert "Host" in answer["error"] or "host" in answer["error"]
    assert engine.twin.inputs == []
