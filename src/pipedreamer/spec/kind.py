"""What a kind of value is: it reads one out of the tree, and says as JSON Schema what it accepts.

One table (`fields`) of kinds is both the parser and the schema, so that the two cannot say different things.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pipedreamer.spec.findings import Findings
from pipedreamer.spec.tree import Broken, Mapping, Scalar, Sequence, Tree
from pipedreamer.spec.wording import below, described

T = TypeVar("T", Scalar, Sequence, Mapping)
Schema = dict[str, Any]


class At(NamedTuple):
    """Which value is read: its name in messages, and where what it lacks is reported (its key, if it has one)."""

    label: str
    line: int
    column: int

    def below(self, key: Scalar) -> "At":
        return At(below(self.label, key.text), key.line, key.column)


class Kind(ABC):
    """What a field can hold; `expects` and `example` (in YAML) are for messages."""

    expects: str
    example: str

    @abstractmethod
    def read(self, tree: Tree, at: At, out: Findings) -> Any:
        """The JSON value as it is written (a duration stays text), or None after a finding; see also `Parsed`."""

    @abstractmethod
    def schema(self) -> Schema:
        """JSON Schema (2020-12) that accepts whatever `read` accepts."""

    def mismatch(self, tree: Tree, at: At, out: Findings) -> None:
        """Report that something else stands here than this kind expects."""
        if not isinstance(tree, Broken):
            message = f"{at.label or 'the file'} must be {self.expects}, not {described(tree)}"
            out.error(tree, message, f"for example {self.example}")


class Shaped(Kind, Generic[T]):
    """A kind that is always a scalar, always a list or always a mapping."""

    shape: type[T]

    def read(self, tree: Tree, at: At, out: Findings) -> Any:
        if isinstance(tree, self.shape):
            return self.take(tree, at, out)
        return self.mismatch(tree, at, out)

    @abstractmethod
    def take(self, tree: T, at: At, out: Findings) -> Any:
        """`read`, for a tree of the right shape."""


@dataclass(frozen=True)
class ByShape(Kind):
    """One kind where a scalar stands, another where a list or mapping does."""

    expects: str
    example: str
    scalar: Kind | None = None
    sequence: Kind | None = None
    mapping: Kind | None = None

    def read(self, tree: Tree, at: At, out: Findings) -> Any:
        kinds = {Scalar: self.scalar, Sequence: self.sequence, Mapping: self.mapping}
        if (kind := kinds.get(type(tree))) is not None:
            return kind.read(tree, at, out)
        return self.mismatch(tree, at, out)

    def schema(self) -> Schema:
        return {"anyOf": [kind.schema() for kind in (self.scalar, self.sequence, self.mapping) if kind is not None]}
