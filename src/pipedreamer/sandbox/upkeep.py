"""What is replaced though it lives, because of what nodes left behind in it."""

from pipedreamer.sandbox.cell import Cell

RENEWALS_APART_S = 10.0


class Upkeep:
    """Looks after the cell in use. `now` is in seconds, on a clock that never goes back."""

    def __init__(self) -> None:
        self._full: Cell | None = None
        self._renewed_at = -RENEWALS_APART_S

    def is_to_be_renewed(self, cell: Cell, now: float) -> bool:
        """Whether its /tmp is full; asked again only after a while, when the last one that was full has gone.

        Runs that still use that one may take long, and what it holds is memory.
        """
        still_there = self._full is not None and self._full is not cell and self._full.alive
        if still_there or now - self._renewed_at < RENEWALS_APART_S:
            return False
        if cell.jail_scratch is None or not cell.jail_scratch.is_full():
            return False
        self._full, self._renewed_at = cell, now
        return True
