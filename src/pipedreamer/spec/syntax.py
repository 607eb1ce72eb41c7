"""What PyYAML says of broken YAML, in words for the person who wrote the file."""

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pipedreamer.spec.wording import shown

if TYPE_CHECKING:
    import yaml


class _Sentence(NamedTuple):
    """How one kind of mistake is put; `opening` means that the place where the thing began is what helps."""

    pattern: str  # of PyYAML's words: libyaml's and the pure Python parser's differ
    message: str
    suggestion: str
    opening: bool = False


_SENTENCES: Final = tuple(
    (re.compile(sentence.pattern), sentence)
    for sentence in (
        _Sentence(
            r"mapping values are not allowed",
            "a ':' stands where no key can be",
            'check the indentation; a text that holds ": " needs quotes',
        ),
        _Sentence(
            r"sequence entries are not allowed", "a list begins in the middle of a line", "begin it on a new line"
        ),
        _Sentence(r"\btab\b|character '\\t'", "a tab is used as indentation", "YAML wants spaces"),
        _Sentence(r"cannot start any token", "a text cannot begin with {character}", "put it in quotes"),
        _Sentence(
            r"unexpected end of stream|unexpected document (separator|indicator)",
            "the quote that opens here is never closed",
            "close it",
            opening=True,
        ),
        _Sentence(r"',' or '\]'", "the '[' that opens here is never closed", "close it with ']'", opening=True),
        _Sentence(r"',' or '}'", "the '{{' that opens here is never closed", "close it with '}'", opening=True),
        _Sentence(r"could not find expected ':'", "a key has no ':' after it", "write it as key: value", opening=True),
        _Sentence(
            r"expected key|expected '-' indicator|<block end>",
            "this line does not fit the lines above",
            "check the indentation, and that nothing follows a closing quote",
        ),
        _Sentence(
            r"<document start>",
            "there is more after the end of the document",
            "check the indentation of the lines above; a workflow is one mapping",
        ),
        _Sentence(r"node content", "a value is missing before {character}", "put a value here, or quotes around it"),
        _Sentence(r"undefined tag handle", "tags are not supported", "remove the tag, or put the text in quotes"),
        _Sentence(
            r"alphabetic or numeric character",
            "a name must follow this {opening_character}",
            "put the text in quotes if it is no anchor or alias",
            opening=True,
        ),
        _Sentence(
            r"unknown escape character|escape sequence|hexadecimal|Unicode character escape",
            "a text in double quotes has an escape that YAML does not know",
            "write \\\\ for a backslash, or use single quotes",
        ),
        _Sentence(
            r"chomping or indentation|comment or line break",
            "nothing may follow the '|' or '>' of a block of text",
            "begin the text on the next line",
            opening=True,
        ),
        _Sentence(r"directive|incompatible YAML|version number", "this '%' line is not understood", "remove it"),
        _Sentence(
            r"tag|URI|UTF-8", "tags are not supported", "remove the tag, or put the text in quotes", opening=True
        ),
    )
)


def explain(error: "yaml.MarkedYAMLError", text: str) -> tuple[tuple[int, int] | None, str, str]:
    """Line and column (from 1) of the mistake, what is wrong, and what would be right."""
    said = error.problem or error.context or "it cannot be read"
    if _at(error.problem_mark, text) == "\t":
        said = "tab"  # libyaml does not name the character
    sentence = next((sentence for pattern, sentence in _SENTENCES if pattern.search(said)), None)
    if sentence is None:
        return _place(error.problem_mark), f"this is not YAML: {said}", ""
    mark = (error.context_mark if sentence.opening else None) or error.problem_mark
    message = sentence.message.format(
        character=_character(error.problem_mark, text), opening_character=_character(error.context_mark, text)
    )
    return _place(mark), message, sentence.suggestion


def _place(mark: "yaml.Mark | None") -> tuple[int, int] | None:
    return (mark.line + 1, mark.column + 1) if mark else None


def _at(mark: "yaml.Mark | None", text: str) -> str:
    return text[mark.index : mark.index + 1] if mark else ""


def _character(mark: "yaml.Mark | None", text: str) -> str:
    return shown(_at(mark, text)) if _at(mark, text) else "the end of the file"
