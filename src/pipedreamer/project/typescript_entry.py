"""Does a TypeScript file have a default export? Told from its tokens; it is not parsed further, and not run."""

import re
from collections.abc import Iterator

from pipedreamer.errors import Problem

_TOKEN = re.compile(
    r"""
    (?P<skip>   \s+ | //[^\n]* | /\*.*?(?:\*/|\Z) | \A\#![^\n]* )
  | (?P<string> "(?:[^"\\\n]|\\.)*["\n]? | '(?:[^'\\\n]|\\.)*['\n]? )
  | (?P<word>   [\w$]+ )
  | (?P<mark>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(?P<end>`|\$\{|\Z)", re.DOTALL)
_BEFORE_REGEX = frozenset("return typeof case in of delete void throw new else do await yield".split())  # noqa: SIM905
_AFTER_VALUE = frozenset(")]}")


def check_typescript(source: str, file: str) -> Problem | None:
    """What is wrong with a node's source, or None."""
    if _exports_default(_tokens(source)):
        return None
    message = "this node has no default export"
    return Problem(file, 0, 0, message, "write `export default async function (ctx, input) {...}`")


def _exports_default(words: Iterator[str]) -> bool:
    """`export default`, `export { x as default }` or `export { default } from`, but not `export { default as x }`."""
    listed = False
    before = earlier = ""
    for word in words:
        if before == "export" and earlier != ".":
            if word == "default":
                return True
            listed = word == "{"
        elif listed and before == "default" and word in ",}":
            return True
        elif word == "}":
            listed = False
        earlier, before = before, word
    return False


def _tokens(source: str) -> Iterator[str]:
    """Words and marks outside comments, strings, templates and regular expressions."""
    place, last = 0, ""
    braces: list[int] = []  # the open braces inside each `${` that is open
    while place < len(source):
        if _regex_may_begin(last) and (found := _REGEX.match(source, place)):
            place, last = found.end(), ")"
            continue
        if source[place] == "`" or (source[place] == "}" and braces and braces[-1] == 0):
            if source[place] == "}":
                braces.pop()
            template = _TEMPLATE.match(source, place + 1)
            place, last = (template.end(), ")") if template else (len(source), "")
            if template and template["end"] == "${":
                braces.append(0)
                last = "{"
            continue
        token = _TOKEN.match(source, place)
        if token is None:
            return
        place = token.end()
        if token.lastgroup == "skip":
            continue
        last = ")" if token.lastgroup == "string" else token[0]
        if token.lastgroup != "string":
            if braces and last in "{}":
                braces[-1] += 1 if last == "{" else -1
            yield last


def _regex_may_begin(last: str) -> bool:
    """A slash divides after a value and begins a regular expression elsewhere."""
    if last in _AFTER_VALUE:
        return False
    return not re.fullmatch(r"[\w$]+", last) or last in _BEFORE_REGEX
