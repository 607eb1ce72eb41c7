"""The addresses that a fetch may connect to, from the name in its URL."""

from collections.abc import Sequence

import pytest

from pipedreamer import FetchError
from pipedreamer.runtime.egress import Egress
from pipedreamer.runtime.fetch.resolve import AllowedResolve, resolve_by_system


async def nobody(host: str, port: int, /) -> Sequence[tuple[str, int]]:
    raise AssertionError(f"{host}:{port} was looked up")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "::ffff:127.0.0.1", "[::ffff:7f00:1]"])
async def test_an_address_is_not_looked_up_and_comes_back_in_its_one_spelling(host: str) -> None:
    assert await AllowedResolve(Egress("any"), nobody)(host, 80) == [("127.0.0.1", 80)]


async def test_a_name_is_looked_up_as_it_was_checked() -> None:
    asked = []

    async def book(host: str, port: int, /) -> Sequence[tuple[str, int]]:
        asked.append((host, port))
        return [("0.0.0.0", port), ("::ffff:127.0.0.1", port), ("10.0.0.1", port)]  # noqa: S104

    found = await AllowedResolve(Egress("any"), book)("API.Example.com.", 80)
    assert (asked, found) == ([("api.example.com", 80)], [("127.0.0.1", 80), ("10.0.0.1", 80)])


async def test_what_is_not_declared_is_not_looked_up() -> None:
    with pytest.raises(FetchError, match="is not declared"):
        await AllowedResolve(Egress(()), nobody)("api.example.com", 443)


async def test_the_system_knows_this_machine() -> None:
    assert ("127.0.0.1", 80) in await resolve_by_system("localhost", 80)


@pytest.mark.parametrize("name", ["no-such-name.invalid", "a..b", "a" * 64])
async def test_a_name_that_the_system_does_not_know_is_named(name: str) -> None:
    with pytest.raises(FetchError, match=rf"^the name {name} "):
        await resolve_by_system(name, 80)
