"""Keeps secrets out of what people see: logs, errors, answers."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from pipedreamer.runtime.mask_forms import forms, values

STARS: Final = "***"
GENERATIONS: Final = 16
"""How many sets of secrets a mask remembers; after that many rotations the oldest values show again."""

JSON_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)


class Mask:
    """Replaces every form of every secret value by `***`; see `docs/secrets-and-config.md` for which forms.

    A mask never changes; where there is nothing to hide it gives back the very object it got.
    """

    __slots__ = ("_generations", "_json_needles", "_needles")

    def __init__(self, secrets: Mapping[str, Any]) -> None:
        self._take((frozenset(values(dict(secrets))),))

    @classmethod
    def none(cls) -> Self:
        """A mask that hides nothing."""
        return cls({})

    def with_secrets(self, secrets: Mapping[str, Any]) -> "Mask":
        """A mask for these secrets and the ones before them: a rotated value is still a secret."""
        newest = frozenset(values(dict(secrets)))
        if newest == self._generations[0]:
            return self
        older = tuple(one for one in self._generations if one != newest)
        mask = Mask({})
        mask._take((newest, *older)[:GENERATIONS])
        return mask

    def text(self, text: str) -> str:
        """The text with secrets hidden; overlapping ones become one `***`."""
        # Hiding one value may spell another; each round makes the text shorter, so this ends.
        while hits := [needle for needle in self._needles if needle in text]:
            text = _hide(text, hits)
        return text

    def json(self, data: bytes) -> bytes:
        """JSON text with secrets hidden in strings, keys and numbers; what was valid stays valid.

        A number that shows a secret becomes the string `***`, and so does the whole text where a secret only shows
        across several values.
        """
        if not self._needles:
            return data
        text = data.decode("utf-8", "replace")
        escaped = "\\u" in text or "\\/" in text  # spellings that the needles do not know
        if not escaped and not self._shows(text):
            return data
        masked = JSON_TOKEN.sub(self._token, text)
        if self._shows(masked):
            masked = f'"{STARS}"'
        return data if masked == text else masked.encode()

    def _take(self, generations: tuple[frozenset[str], ...]) -> None:
        self._generations = generations
        needles = frozenset(form for value in frozenset().union(*generations) for form in forms(value))
        self._needles = tuple(sorted(needles, key=len, reverse=True))
        self._json_needles = needles | {quoted(needle)[1:-1] for needle in needles}

    def _shows(self, json_text: str) -> bool:
        return any(needle in json_text for needle in self._json_needles)

    def _token(self, match: re.Match[str]) -> str:
        token = match[0]
        if not token.startswith('"'):
            return f'"{STARS}"' if self._shows(token) else token
        try:
            content = json.loads(token, strict=False) if "\\" in token else token[1:-1]
        except ValueError:
            return f'"{STARS}"'
        masked = self.text(content)
        hidden = token if masked == content else quoted(masked)
        # What a string means may be harmless and its spelling a secret all the same: a real "\n" against "\" and "n".
        return f'"{STARS}"' if self._shows(hidden) else hidden


def quoted(text: str) -> str:
    """A text as JSON, in ASCII only where it has half characters."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isascii() or not _has_surrogate(quoted) else json.dumps(text)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _hide(text: str, needles: Iterable[str]) -> str:
    """The text with every place of every needle, touching places joined, replaced by stars."""
    parts: list[str] = []
    shown_to = 0
    for start, end in _merged(_places(text, needles)):
        parts += (text[shown_to:start], STARS)
        shown_to = end
    return "".join((*parts, text[shown_to:]))


def _places(text: str, needles: Iterable[str]) -> list[tuple[int, int]]:
    places = []
    for needle in needles:
        start = text.find(needle)
        while start >= 0:
            places.append((start, start + len(needle)))
            start = text.find(needle, start + 1)
    return sorted(places)


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
