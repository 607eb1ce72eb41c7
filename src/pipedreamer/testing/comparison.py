"""Two JSON values side by side: where they differ, in lines that a person can read however large the values are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from pipedreamer.runtime.result import Masking
from pipedreamer.spec.wording import below
from pipedreamer.testing.absence import ABSENT

SHOWN: Final = 20
"""At most so many differences are told."""
VALUE_LENGTH: Final = 200
"""Of a longer value only the part around the difference is shown."""
PATH_LENGTH: Final = 300
_BEFORE: Final = 40

Steps = tuple[Any, ...]  # (the steps before, this step), () at the top: cheap to make for values that are alike


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which two values differ; `ABSENT` stands for a value that only the other one has."""

    path: str
    expected: Any
    got: Any

    def text(self, mask: Masking) -> str:
        """`output.items[2].name: expected "a", got "b"`, secrets hidden."""
        expected, got = (_json(value, mask) for value in (self.expected, self.got))
        note = " (they differ within a secret)" if expected == got else ""
        expected, got = _around_difference(expected, got)
        path = mask.text(self.path)
        if len(path) > PATH_LENGTH:
            path = f"{path[: PATH_LENGTH // 2]}...{path[-PATH_LENGTH // 2 :]}"
        return f"{path}: expected {expected}, got {got}{note}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing two values came to: `count` differences, the first of them in `differences`."""

    differences: tuple[Difference, ...]
    count: int

    @property
    def is_equal(self) -> bool:
        return self.count == 0

    def lines(self, mask: Masking) -> tuple[str, ...]:
        """The differences as text, and how many more there are."""
        lines = [difference.text(mask) for difference in self.differences]
        more = self.count - len(lines)
        if more:
            lines.append(f"and {more:,} more difference{'s' if more > 1 else ''}")
        return tuple(lines)


def compare(expected: Any, got: Any, label: str = "output") -> Comparison:
    """Compare as JSON values: the order of keys does not count, 1 and 1.0 are one number, true is not 1.

    `label` is what paths begin with.
    """
    found: list[Difference] = []
    count = 0
    for steps, wanted, value in _walk(expected, got):
        count += 1
        if len(found) < SHOWN:
            found.append(Difference(_path(label, steps), wanted, value))
    return Comparison(tuple(found), count)


def _walk(expected: Any, got: Any) -> Iterator[tuple[Steps, Any, Any]]:
    """Every difference in the order of the expected value; a stack of its own, so that depth costs no recursion."""
    waiting: list[tuple[Steps, Any, Any]] = [((), expected, got)]
    while waiting:
        steps, wanted, value = waiting.pop()
        if isinstance(wanted, dict) and isinstance(value, dict):
            keys = list(dict.fromkeys((*wanted, *value)))
            waiting += [((steps, key), wanted.get(key, ABSENT), value.get(key, ABSENT)) for key in reversed(keys)]
        elif isinstance(wanted, list) and isinstance(value, list):
            both = range(max(len(wanted), len(value)) - 1, -1, -1)
            waiting += [((steps, at), _item(wanted, at), _item(value, at)) for at in both]
        elif not _same(wanted, value):
            yield steps, wanted, value


def _item(values: list[Any], at: int) -> Any:
    return values[at] if at < len(values) else ABSENT


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)


def _path(label: str, steps: Steps) -> str:
    names = []
    while steps:
        steps, name = steps
        names.append(name)
    for name in reversed(names):
        label = f"{label}[{name}]" if isinstance(name, int) else below(label, name)
    return label


def _json(value: Any, mask: Masking) -> str:
    if value is ABSENT:
        return "nothing"
    try:
        return mask.json(orjson.dumps(value)).decode()
    except TypeError:  # orjson writes 254 levels and no more
        return "a value that nests too deep to be shown"


def _around_difference(first: str, second: str) -> tuple[str, str]:
    """Both texts, cut alike where they are long, so that the first difference is in what is left."""
    if max(len(first), len(second)) <= VALUE_LENGTH:
        return first, second
    same = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), 0)
    start = max(0, same - _BEFORE)
    return _cut(first, start), _cut(second, start)


def _cut(text: str, start: int) -> str:
    end = start + VALUE_LENGTH
    if len(text) <= VALUE_LENGTH or start >= len(text):
        return text if len(text) <= VALUE_LENGTH else f"{text[:VALUE_LENGTH]}..."
    tail = f"... ({len(text):,} characters)" if end < len(text) else ""
    return ("..." if start else "") + text[start:end] + tail
