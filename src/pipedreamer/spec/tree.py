"""YAML as a tree that remembers where each value stands; no value is converted yet."""

from typing import ClassVar

import msgspec


class Scalar(msgspec.Struct, frozen=True, gc=False):
    """A single value as it is written; `plain` (no quotes, no tag) means that `3` is a number and `~` is nothing."""

    text: str
    plain: bool
    line: int
    column: int
    size: ClassVar[int] = 1
    height: ClassVar[int] = 0

    @property
    def empty(self) -> bool:
        """Whether this is YAML's null."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


class Broken(msgspec.Struct, frozen=True, gc=False):
    """Stands where a value could not be made out; its problem has been reported, so checks pass over it."""

    line: int
    column: int
    size: ClassVar[int] = 1
    height: ClassVar[int] = 0


class Sequence(msgspec.Struct, frozen=True):
    """A list; `size` counts all values in it and itself, aliases as often as they are used; `height` its levels."""

    items: "tuple[Tree, ...]"
    line: int
    column: int
    size: int
    height: int


class Entry(msgspec.Struct, frozen=True):
    """A key and its value."""

    key: Scalar
    value: "Tree"


class Mapping(msgspec.Struct, frozen=True):
    """A mapping by the text of its keys, merge keys (`<<`) resolved; `size` and `height` as for `Sequence`."""

    entries: dict[str, Entry]
    line: int
    column: int
    size: int
    height: int


Tree = Scalar | Broken | Sequence | Mapping


def descend(root: Tree, path: tuple[str | int, ...]) -> Tree:
    """The value at a path of keys and indices, or the last one on the way that exists."""
    here = root
    for step in path:
        if isinstance(here, Mapping) and str(step) in here.entries:
            here = here.entries[str(step)].value
        elif isinstance(here, Sequence) and isinstance(step, int) and 0 <= step < len(here.items):
            here = here.items[step]
        else:
            return here
    return here
