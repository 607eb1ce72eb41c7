"""deno.json and import maps: JSON, with comments and trailing commas where somebody wrote them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipedreamer.errors import Problem, ProjectError
from pipedreamer.project.reading import UnreadableError, read_text
from pipedreamer.spec import read_value

_PART = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|\t', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that was read: its name in the folder, how messages call it, its text, and its value."""

    name: str
    shown: str
    text: str
    value: dict[str, Any]

    @property
    def is_plain(self) -> bool:
        """Whether it is JSON as it stands: to write it anew loses nothing that a person wrote."""
        try:
            json.loads(self.text)
        except ValueError:
            return False
        return True

    def problem(self, path: tuple[str, ...], message: str, suggestion: str) -> Problem:
        """A problem at the place of a key, found as the first that follows those around it."""
        place = 0
        for key in path:
            place = max(place, self.text.find(json.dumps(key, ensure_ascii=False), place))
        column = place - self.text.rfind("\n", 0, place)
        return Problem(self.shown, self.text.count("\n", 0, place) + 1, column, message, suggestion)


def read_config(root: Path, name: str) -> ConfigFile:
    """Read a file of the folder; raises ProjectError with all that keeps it from being a mapping."""
    shown = str(root / name)
    try:
        text = read_text(root / name)
    except UnreadableError as error:
        raise ProjectError((Problem(shown, 0, 0, f"this file {error}"),)) from error
    value, problems = read_value(_PART.sub(_blank, text), shown)
    if value is None and problems:
        raise ProjectError(problems)
    if not isinstance(value, dict):
        raise ProjectError((Problem(shown, 1, 1, "this file holds no mapping", 'for example {"imports": {}}'),))
    return ConfigFile(name, shown, text, value)


def _blank(part: "re.Match[str]") -> str:
    """Spaces in place of a comment or a tab, so that everything else keeps its place."""
    return part[0] if part[0].startswith('"') else re.sub(r"[^\n]", " ", part[0])
