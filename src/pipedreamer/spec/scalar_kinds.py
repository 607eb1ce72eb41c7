"""Kinds of single values: text, a word of a few, a duration, a whole number, true or false."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipedreamer.spec.duration import PATTERN, measure
from pipedreamer.spec.findings import Fault, Findings
from pipedreamer.spec.json_value import scalar_value, truth_of
from pipedreamer.spec.kind import At, Schema, Shaped
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.tree import Scalar
from pipedreamer.spec.wording import described, listed, shown


@dataclass(frozen=True)
class Text(Shaped[Scalar]):
    """Text as written: `1.10`, `on` and `12:30` need no quotes.

    `rule` says of `pattern` what it wants, `right_form` makes a text fit it, `check` finds what a pattern cannot.
    """

    example: str
    pattern: re.Pattern[str] | None = None
    rule: str = ""
    right_form: Callable[[str], str] | None = None
    check: Callable[[str], Iterator[Fault]] | None = None
    expects: str = "text"
    shape = Scalar

    def take(self, tree: Scalar, at: At, out: Findings) -> str | None:
        text = tree.text
        if self.pattern is not None and not self.pattern.fullmatch(text):
            remedy = f"write {self.right_form(text)}" if self.right_form else f"for example {self.example}"
            out.error(tree, f"{at.label} {self.rule}, not {shown(text)}", remedy)
        for fault in self.check(text) if self.check is not None else ():
            out.fault(tree, f"{at.label} {shown(text)}", fault)
        return text

    def schema(self) -> Schema:
        return _text_schema(self.pattern)


@dataclass(frozen=True)
class Parsed(Shaped[Scalar]):
    """Text that stands for something else: `parse` gives that, or what is wrong with the text.

    What there is only a warning about is left out. `pattern` is for the JSON Schema: every right text fits it.
    """

    parse: Callable[[str], object]
    example: str
    pattern: re.Pattern[str] | None = None
    expects: str = "text"
    shape = Scalar

    def take(self, tree: Scalar, at: At, out: Findings) -> Any:
        found = self.parse(tree.text)
        if isinstance(found, Fault):
            out.fault(tree, f"{at.label} {shown(tree.text)}", found)
            return None
        return found

    def schema(self) -> Schema:
        return _text_schema(self.pattern)


def _text_schema(pattern: re.Pattern[str] | None) -> Schema:
    """A text that needs no quotes: what fits is also taken where YAML sees a number or a truth value in it."""
    if pattern is None:
        return {"type": ["string", "number", "boolean"]}
    readings = {"number": "1.0", "boolean": "true"}
    others = [name for name, text in readings.items() if pattern.fullmatch(text)]
    return {"type": ["string", *others] if others else "string", "pattern": pattern.pattern}


@dataclass(frozen=True)
class Choice(Shaped[Scalar]):
    """One of a few words; made by `choice`."""

    words: tuple[str, ...]
    expects: str
    example: str
    shape = Scalar

    def take(self, tree: Scalar, at: At, out: Findings) -> str | None:
        if tree.text in self.words:
            return tree.text
        remedy = Names(self.words).hint(tree.text) or f"for example {self.example}"
        out.error(tree, f"{at.label} must be {self.expects}, not {described(tree)}", remedy)
        return None

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


def choice(*words: str) -> Choice:
    """One of these words."""
    return Choice(words, listed(words), words[0])


@dataclass(frozen=True)
class Duration(Shaped[Scalar]):
    """Time with a unit, over zero."""

    expects: str = "a duration"
    example: str = "30s"
    shape = Scalar

    def take(self, tree: Scalar, at: At, out: Findings) -> str | None:
        if isinstance(fault := measure(tree.text), Fault):
            out.fault(tree, f"{at.label} {shown(tree.text)}", fault)
            return None
        return tree.text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": PATTERN}


@dataclass(frozen=True)
class Whole(Shaped[Scalar]):
    """A whole number, 0 or more."""

    check: Callable[[int], Iterator[Fault]] | None = None
    expects: str = "a whole number, 0 or more"
    example: str = "3"
    shape = Scalar

    def take(self, tree: Scalar, at: At, out: Findings) -> int | None:
        value = scalar_value(tree)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            out.error(tree, f"{at.label} must be {self.expects}, not {described(tree)}", self._remedy(tree))
            return None
        for fault in self.check(value) if self.check is not None else ():
            out.fault(tree, f"{at.label} {value}", fault)
        return value

    def _remedy(self, tree: Scalar) -> str:
        if tree.plain:
            return "write 0 for none" if tree.text.startswith("-") else f"for example {self.example}"
        return "write it without quotes" if tree.text.isdecimal() else f"for example {self.example}"

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 0}


@dataclass(frozen=True)
class Flag(Shaped[Scalar]):
    """true or false."""

    expects: str = "true or false"
    example: str = "true"
    shape = Scalar

    def take(self, tree: Scalar, at: At, out: Findings) -> bool | None:
        value = scalar_value(tree)
        if isinstance(value, bool):
            return value
        word = tree.text.lower()
        meant = word if word in ("true", "false") else truth_of(tree.text)
        out.error(
            tree,
            f"{at.label} must be true or false, not {described(tree)}",
            f"write {meant}" if meant else "for example true",
        )
        return None

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class TextOrFlag(Shaped[Scalar]):
    """true or false, or text that `check` has nothing against."""

    expects: str
    example: str
    check: Callable[[str], Iterator[Fault]]
    shape = Scalar

    def take(self, tree: Scalar, at: At, out: Findings) -> str | bool:
        value = scalar_value(tree)
        if isinstance(value, bool):
            return value
        for fault in self.check(tree.text):
            out.fault(tree, f"{at.label} {shown(tree.text)}", fault)
        return tree.text

    def schema(self) -> Schema:
        return {"type": ["string", "boolean"]}
