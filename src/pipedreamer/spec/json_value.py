"""YAML values -> JSON values by YAML 1.2's core schema, so that `no`, `12:30` and `2024-01-01` stay text.

A key is the text that is written. A plain value that YAML 1.1 programs read differently gets a warning: quotes settle
it.
"""

import re
from typing import Any, Final

from pipedreamer.spec.findings import Fault, Findings
from pipedreamer.spec.tree import Broken, Mapping, Scalar, Tree
from pipedreamer.spec.wording import shown

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# YAML 1.2.2, section 10.3.2.
_WHOLE: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_JSON: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BASES: Final = {"0o": 8, "0x": 16}
_LONGEST_WHOLE: Final = 40  # no number of 64 bits is longer, and int() refuses very long texts

_OLD_TRUTH: Final = {
    **{word: "true" for plain in ("yes", "on") for word in (plain, plain.title(), plain.upper())},
    **{word: "false" for plain in ("no", "off") for word in (plain, plain.title(), plain.upper())},
}
_OLD_OCTAL: Final = re.compile(r"[-+]?0[0-9]+")
_OLD_GROUPED: Final = re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?")


def scalar_value(scalar: Scalar) -> str | int | float | bool | Fault | None:
    """The JSON value of a scalar, or why it has none (`.nan`, `.inf`, a whole number beyond 64 bits)."""
    text = scalar.text
    if not scalar.plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _WHOLE.fullmatch(text):
        return _whole(text)
    if _FLOAT.fullmatch(text):
        return value if abs(value := float(text)) != float("inf") else _not_json(text)
    return _not_json(text) if _NOT_JSON.fullmatch(text) else text


def to_json(tree: Tree, out: Findings) -> Any:
    """A JSON value; what cannot be one is reported and becomes None."""
    if isinstance(tree, Mapping):
        return {name: to_json(entry.value, out) for name, entry in tree.entries.items()}
    if isinstance(tree, Scalar):
        value = scalar_value(tree)
        if isinstance(value, Fault):
            out.fault(tree, f"the value {shown(tree.text)[1:-1]}", value)
            return None
        if tree.plain and (doubt := _doubt(tree.text)):
            out.fault(tree, f"the value {shown(tree.text)[1:-1]}", doubt)
        return value
    return None if isinstance(tree, Broken) else [to_json(item, out) for item in tree.items]


def truth_of(text: str) -> str:
    """What YAML 1.1 made of `yes`, `no`, `on` and `off`: `true`, `false`, or nothing for other words."""
    return _OLD_TRUTH.get(text, "")


def _whole(text: str) -> int | Fault:
    if len(text) <= _LONGEST_WHOLE and -(2**63) <= (value := int(text.lower(), _BASES.get(text[:2], 10))) < 2**64:
        return value
    return Fault("does not fit into 64 bits", "put it in quotes to keep every digit")


def _not_json(text: str) -> Fault:
    word = "too large for a number" if text[-1].isdigit() else "not a JSON value"
    return Fault(f"is {word}", "put it in quotes if text is meant")


def _doubt(text: str) -> Fault | None:
    """The warning that a value gets which older YAML programs read differently."""
    if text in _OLD_TRUTH:
        return Fault(
            f"is text here, not {_OLD_TRUTH[text]}",
            f'write {_OLD_TRUTH[text]}, or "{text}" in quotes for text',
            "warning",
        )
    if text[:1] in "+-0123456789" and text[:1]:
        if _OLD_OCTAL.fullmatch(text):
            return Fault("is a decimal number here, not octal", f'write "{text}" in quotes for text', "warning")
        if _OLD_GROUPED.fullmatch(text):
            plain = text.replace("_", "")
            return Fault("is text here, not a number", f'write {plain}, or "{text}" in quotes for text', "warning")
    return None
