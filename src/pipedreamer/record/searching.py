"""A search for text in errors: page after page of runs that have one, up to a bounded number of them."""

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import structs

from pipedreamer.record.ids import id_prefix
from pipedreamer.record.model import UNSUCCESSFUL, Summary
from pipedreamer.record.query import Page, Query

_LOOKED_AT: Final = 1000
"""So many runs are looked at for one page."""
_AT_ONCE: Final = 250


def is_search(query: Query) -> bool:
    return bool(query.text.strip()) and id_prefix(query.text) is None


async def search(query: Query, page: Callable[[Query], Awaitable[Page]]) -> Page:
    """Runs whose error has the text, in whatever case; `page` gives runs without a look at it."""
    wanted = query.text.strip().casefold()
    states = tuple(state for state in query.states or UNSUCCESSFUL if state in UNSUCCESSFUL)
    ask = structs.replace(query, text="", states=states, limit=_AT_ONCE)
    found: list[Summary] = []
    for _ in range(_LOOKED_AT // _AT_ONCE if states else 0):
        some = await page(ask)
        for summary in some.summaries:
            if wanted in summary.error.casefold():
                found.append(summary)
            if len(found) == query.limit:
                return Page(tuple(found), summary.id)
        if some.next is None:
            return Page(tuple(found))
        ask = structs.replace(ask, before=some.next)
    return Page(tuple(found), ask.before if states else None)
