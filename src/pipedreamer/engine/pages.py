"""What the engine tells of itself: alive, ready, and in figures."""

import asyncio
import ipaddress
from collections.abc import Mapping
from typing import Final

import orjson

from pipedreamer.engine.access.gate import Gate
from pipedreamer.engine.answer import JSON, Answer, Header, Scope, refusal
from pipedreamer.engine.metrics import Reading, render
from pipedreamer.engine.service import Service

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
ALIVE: Final = Answer(200, (JSON, NO_STORE), b'{"status":"ok"}')
READY: Final = Answer(200, (JSON, NO_STORE), b'{"status":"ready"}')
STOPPING: Final = refusal(503, "the engine is stopping; send runs elsewhere", NO_STORE, status="stopping")
STARTING: Final = refusal(503, "the engine is not ready for runs yet; ask again", NO_STORE, status="starting")
FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")


def health(service: Service, is_told: bool) -> Answer:
    """Alive; some callers are also told what is served and which layers of the sandbox hold."""
    if not is_told:
        return ALIVE
    about = {
        "status": "ok",
        "workflow": service.workflow,
        "version": service.version,
        "layers": dict(service.layers()),
    }
    return Answer(200, (JSON, NO_STORE), orjson.dumps(about))


def ready(service: Service, draining: bool) -> Answer:
    """Whether runs are taken."""
    if draining:
        return STOPPING
    return READY if service.ready() else STARTING


def workflow(service: Service) -> Answer:
    """The plan, the input's schema, and which layers of the sandbox hold."""
    about = dict(service.about) | {"inputSchema": service.input_schema, "layers": dict(service.layers())}
    return Answer(200, (JSON, NO_STORE), orjson.dumps(about))


async def openapi(service: Service, gate: Gate | None) -> Answer:
    """What all this is, for programs; made anew each time, and in a thread, because it is asked for so rarely."""
    return Answer(200, (JSON, NO_STORE), await asyncio.to_thread(_described, service, gate))


async def metrics(reading: Reading, headers: Mapping[bytes, bytes]) -> Answer:
    """The figures, made in a thread: the first scrape imports what writes them."""
    accept = headers.get(b"accept", b"").decode("latin-1")
    content_type, text = await asyncio.to_thread(render, reading, accept)
    return Answer(200, ((b"content-type", content_type.encode()), NO_STORE), text)


def _described(service: Service, gate: Gate | None) -> bytes:
    from pipedreamer.engine.openapi import document  # an engine that nobody asks starts without it

    return document(service, gate.need if gate is not None else None)


def is_local(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether the caller is on this machine; one who comes through a proxy on it may be anywhere."""
    client = scope.get("client")
    if client is None or any(name in headers for name in FORWARDED):
        return False
    address = ipaddress.ip_address(client[0].partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
