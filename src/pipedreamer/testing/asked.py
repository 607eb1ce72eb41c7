"""What a node asked for, in a line each."""

from collections.abc import Iterable
from typing import Final

from pipedreamer.runtime.result import Masking
from pipedreamer.testing.mock_broker import MockBroker, Request

SHOWN: Final = 50
BODY_LENGTH: Final = 200


def asked_lines(broker: MockBroker, mask: Masking) -> tuple[str, ...]:
    """`POST slack /api/chat {"text": "..."} -> 200`, and the answers that nobody asked for."""
    lines = [_line(request, mask) for request in broker.requests[:SHOWN]]
    more = len(broker.requests) - SHOWN
    if more > 0:
        lines.append(f"and {more:,} more")
    return (*lines, *(mask.text(line) for line in _unused(broker.unused)))


def _line(request: Request, mask: Masking) -> str:
    what = f"{request.method} {request.path}" if request.kind == "k8s" else _http(request)
    body = mask.text(request.text)
    if len(body) > BODY_LENGTH:
        body = f"{body[:BODY_LENGTH]}... ({len(body):,} characters)"
    came = f"-> {request.status}" if request.status is not None else f"-> failed: {mask.text(request.error)}"
    if request.status is not None and not request.answered_by:
        came += " (the mock's own answer: the fixture has none for it)"
    return " ".join(filter(None, (mask.text(what), body, came)))


def _http(request: Request) -> str:
    return " ".join(filter(None, (request.method, request.service, request.path)))


def _unused(patterns: Iterable[str]) -> list[str]:
    return [f"never asked for: {pattern}" for pattern in patterns]
