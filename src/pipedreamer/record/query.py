"""What a list of runs is asked for, and what comes back."""

from msgspec import Struct

from pipedreamer.record.model import State, Summary


class Query(Struct, frozen=True, kw_only=True):
    """Runs of a workflow, newest first; an empty filter lets everything through.

    `since` (inclusive) and `until` (exclusive) are in ms since 1970, of when a run was accepted. `text` of eight and
    more hexadecimal digits is how an id begins, any other is looked for in errors. `before` is a page's `next`.
    """

    workflow: str
    states: tuple[State, ...] = ()
    triggers: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    text: str = ""
    before: str | None = None
    limit: int = 50


class Page(Struct, frozen=True):
    """Some runs. `next` asks for those after them; None at the end.

    A search for text looks at a bounded number of runs a page: there may be a `next` after a page that is not full.
    """

    summaries: tuple[Summary, ...]
    next: str | None = None
