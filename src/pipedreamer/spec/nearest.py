"""The known name that a mistyped one was probably meant to be."""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from typing import Final

LONGEST: Final = 80
"""Longer words are no mistyped names, and comparing them would cost."""
WINDOW: Final = 40
"""Of many names, only this many on each side in the order of beginnings, and of endings, are compared."""


class Names:
    """The names that are known somewhere; asking for the nearest costs little however many they are."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [name for name in names if len(name) <= LONGEST]

    def nearest(self, word: str, alike: float = 0.6) -> str | None:
        """The most similar name, case ignored; None where nothing is `alike` (1 is the same)."""
        from difflib import get_close_matches  # only a mistake needs it

        if len(word) > LONGEST:
            return None
        candidates = {name.lower(): name for name in reversed(self._candidates(word))}
        close = get_close_matches(word.lower(), candidates, n=1, cutoff=alike)
        return candidates[close[0]] if close else None

    def hint(self, word: str) -> str:
        """`did you mean "fetch"?`, or nothing."""
        name = self.nearest(word)
        return f'did you mean "{name}"?' if name is not None else ""

    def _candidates(self, word: str) -> list[str]:
        if len(self._names) <= 4 * WINDOW:
            return self._names
        alike_in_front = _around(self._forward, word)
        alike_at_end = [name[::-1] for name in _around(self._backward, word[::-1])]
        return [*alike_in_front, *alike_at_end]

    @cached_property
    def _forward(self) -> list[str]:
        return sorted(self._names)

    @cached_property
    def _backward(self) -> list[str]:
        return sorted(name[::-1] for name in self._names)


def _around(names: list[str], word: str) -> list[str]:
    """The neighbours of a word in a sorted list: those that share its longest beginnings."""
    at = bisect_left(names, word)
    return names[max(0, at - WINDOW) : at + WINDOW]
