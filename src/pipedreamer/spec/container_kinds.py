"""Kinds that hold others under names of one's own: lists, maps, and anything that is JSON."""

from dataclasses import dataclass
from typing import Any

from pipedreamer.spec.findings import Findings
from pipedreamer.spec.json_value import to_json
from pipedreamer.spec.kind import At, Kind, Schema, Shaped
from pipedreamer.spec.scalar_kinds import Text
from pipedreamer.spec.tree import Entry, Mapping, Scalar, Sequence, Tree
from pipedreamer.spec.wording import described, shown


@dataclass(frozen=True)
class Json(Kind):
    """Any JSON value."""

    expects: str = "a value"
    example: str = "text"

    def read(self, tree: Tree, at: At, out: Findings) -> Any:  # noqa: ARG002 - its name is not needed
        return to_json(tree, out)

    def schema(self) -> Schema:
        return {}


@dataclass(frozen=True)
class ListOf(Shaped[Sequence]):
    """A list of one kind; `needed` says that it cannot be empty."""

    kind: Kind
    expects: str
    example: str
    needed: bool = False
    shape = Sequence

    def take(self, tree: Sequence, at: At, out: Findings) -> list[Any]:
        if self.needed and not tree.items:
            out.error(tree, f"{at.label} is empty", f"for example {self.example}")
        items = enumerate(tree.items)
        return [_needed(self.kind, item, At(f"{at.label}[{i}]", item.line, item.column), out) for i, item in items]

    def schema(self) -> Schema:
        return {"type": "array", "items": self.kind.schema()} | ({"minItems": 1} if self.needed else {})


@dataclass(frozen=True)
class Distinct(ListOf):
    """A list in which each value counts once; a second time is a warning."""

    def take(self, tree: Sequence, at: At, out: Findings) -> list[Any]:
        first: dict[Any, int] = {}
        for i, value in enumerate(super().take(tree, at, out)):
            if value is not None and first.setdefault(value, i) != i:
                message = f"{at.label}[{i}] says the same as {at.label}[{first[value]}]"
                out.warning(tree.items[i], message, "remove one of them")
        return list(first)

    def mismatch(self, tree: Tree, at: At, out: Findings) -> None:
        """A single text is probably meant as a list of one, and `none` as an empty list."""
        if not isinstance(tree, Scalar):
            super().mismatch(tree, at, out)
            return
        meant = {"none": "write []", "any": "", "all": "", "*": ""}.get(tree.text, f"write [{shown(tree.text)}]")
        message = f"{at.label} must be {self.expects}, not {described(tree)}"
        out.error(tree, message, meant or f"for example {self.example}")


@dataclass(frozen=True)
class MapOf(Shaped[Mapping]):
    """Names of one's own, each with a value of one kind."""

    kind: Kind
    expects: str
    example: str
    key: Text | None = None
    needed: bool = False
    shape = Mapping

    def take(self, tree: Mapping, at: At, out: Findings) -> dict[str, Any]:
        if self.needed and not tree.entries:
            out.error(tree, f"{at.label} is empty", f"for example {self.example}")
        return {name: self._entry(entry, at, out) for name, entry in tree.entries.items()}

    def _entry(self, entry: Entry, at: At, out: Findings) -> Any:
        if self.key is not None:
            self.key.take(entry.key, At(f"a key of {at.label}", at.line, at.column), out)
        return _needed(self.kind, entry.value, at.below(entry.key), out)

    def schema(self) -> Schema:
        names = {"propertyNames": {"pattern": self.key.schema()["pattern"]}} if self.key is not None else {}
        least = {"minProperties": 1} if self.needed else {}
        return {"type": "object", "additionalProperties": self.kind.schema()} | names | least


def _needed(kind: Kind, tree: Tree, at: At, out: Findings) -> Any:
    """Read a value that cannot be left out."""
    if isinstance(tree, Scalar) and tree.empty:
        out.error(at, f"{at.label} has no value", f"for example {kind.example}")
        return None
    return kind.read(tree, at, out)
