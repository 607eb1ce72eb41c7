"""How values from a file are shown in a message: one line, clipped, nothing a terminal would act on."""

from typing import Final

from pipedreamer.spec.tree import Broken, Mapping, Scalar, Tree

SHOWN: Final = 60
"""The longest text that is shown whole."""
LINE: Final = 500
"""The longest message, and the longest suggestion."""


def shown(text: str) -> str:
    """The text in quotes; control characters and the like are escaped, what is too long is cut."""
    clipped = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
    if clipped.isprintable() and '"' not in clipped and "\\" not in clipped:
        return f'"{clipped}"'
    return '"' + "".join(_escaped(character) for character in clipped) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return _visible(character)


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """A whole message as it may go to a terminal: texts from the file may have found their way into it."""
    clipped = text if len(text) <= LINE else text[: LINE - 3] + "..."
    return clipped if clipped.isprintable() else "".join(map(_visible, clipped))


def below(label: str, key: str) -> str:
    """The name of a key's value in messages: `nodes.fetch`, or `nodes["a b"]` where a dot would not be clear."""
    if len(key) > SHOWN or not key.isprintable() or not key or not key.isascii() or " " in key or "." in key:
        return f"{label}[{shown(key)}]"
    return f"{label}.{key}" if label else key


def described(tree: Tree) -> str:
    """What stands there instead, for `must be ..., not ...`."""
    if isinstance(tree, Scalar):
        return "empty" if tree.empty else shown(tree.text)
    if isinstance(tree, Broken):
        return "broken"
    return "a mapping" if isinstance(tree, Mapping) else "a list"


def listed(names: tuple[str, ...]) -> str:
    """`a, b or c`."""
    return ", ".join(names[:-1]) + " or " + names[-1] if len(names) > 1 else "".join(names)
