"""The templates' environment: everything that is put into a page is escaped, and a name that is missing is an error."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipedreamer.web import words
from pipedreamer.web.errors import parts
from pipedreamer.web.plot import share
from pipedreamer.web.states import STATES

_LONGEST = 20_000
"""Of a value, so many characters are in the first paint."""


def environment() -> Environment:
    """Jinja with automatic escaping and the page's words as filters."""
    made = Environment(
        loader=PackageLoader("pipedreamer.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "duration": words.duration,
        "ago": words.ago,
        "exact": words.exact,
        "size": words.size,
        "pretty": pretty,
        "error_parts": parts,
        "share": share,
    }
    made.globals |= {"states": STATES, "large": large}
    return made


def large(value: Any) -> bool:
    """Whether `value` is not here, but an address below the engine's root where it can be had."""
    if not isinstance(value, Mapping) or not isinstance(value.get("$large"), int):
        return False
    return re.fullmatch(r"[\w%~./?=&-]+", str(value.get("href")), re.ASCII) is not None


def pretty(value: Any) -> str:
    """JSON for people, cut where it is long."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n... ({len(text):,} characters; .json has them all)"
