"""Reading a body within its limit."""

from collections.abc import Sequence
from typing import Any

import pytest

from pipedreamer.engine.answer import Answer, Message, Receive
from pipedreamer.engine.body import read_body, refuse_body


def sending(parts: Sequence[bytes | None]) -> tuple[Receive, list[Message]]:
    """A `receive` that gives these parts, None for a caller who goes away, and the messages not yet asked for."""
    left: list[dict[str, Any]] = [
        {"type": "http.disconnect"}
        if part is None
        else {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    ]

    async def receive() -> Message:
        return left.pop(0)

    return receive, left  # type: ignore[return-value] # one list, read by the test


@pytest.mark.parametrize("parts", [[b""], [b"0123456789"], [b"01234", b"56789"], [b"", b"0123456789", b""]])
async def test_a_body_up_to_the_limit_is_read_whole(parts: list[bytes]) -> None:
    receive, left = sending(parts)
    assert await read_body(receive, 10) == b"".join(parts)
    assert left == []


@pytest.mark.parametrize("parts", [[b"0123456789x"], [b"01234", b"56789x"], [b"0123456789", b"x", b""]])
async def test_a_body_over_the_limit_is_refused(parts: list[bytes]) -> None:
    receive, _ = sending(parts)
    refused = await read_body(receive, 10)
    assert isinstance(refused, Answer)
    assert refused.status == 413
    assert b"larger than 10 bytes" in refused.body


async def test_nothing_more_is_read_once_the_limit_is_passed() -> None:
    receive, left = sending([b"01234", b"56789x", b"more", b"and more"])
    assert isinstance(await read_body(receive, 10), Answer)
    assert len(left) == 2


@pytest.mark.parametrize("parts", [[None], [b"01234", None]])
async def test_a_caller_who_goes_away_leaves_nothing(parts: list[bytes | None]) -> None:
    receive, _ = sending(parts)
    assert await read_body(receive, 10) is None


def test_the_head_alone_can_rule_a_body_out() -> None:
    assert refuse_body({}, 10) is None
    assert refuse_body({b"content-length": b"10", b"content-encoding": b"identity"}, 10) is None
    too_long = refuse_body({b"content-length": b"11"}, 10)
    compressed = refuse_body({b"content-length": b"5", b"content-encoding": b"br"}, 10)
    assert (too_long and too_long.status, compressed and compressed.status) == (413, 415)
