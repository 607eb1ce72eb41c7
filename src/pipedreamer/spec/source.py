"""Text -> YAML events, or one human sentence on why the text is not YAML."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pipedreamer.spec.findings import Findings
from pipedreamer.spec.syntax import explain

if TYPE_CHECKING:
    import yaml

    Loader = type[yaml.CSafeLoader] | type[yaml.SafeLoader]

TEXT_LIMIT: Final = 8 * 1024 * 1024
"""The longest file that is read, in bytes (in characters where text is given)."""

# All but the characters that a stream may hold (YAML 1.1, section 5.1). Named so, it compiles ten times as fast.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


class Spot(NamedTuple):
    """A place in the file."""

    line: int
    column: int


START: Final = Spot(1, 1)


def spot_of(event: Any) -> Spot:
    """Where an event of PyYAML's begins."""
    mark = event.start_mark
    return Spot(mark.line + 1, mark.column + 1)


def decode(source: bytes | str, out: Findings) -> str | None:
    """The text of a file without its byte order mark, or None with a finding."""
    if len(source) > TEXT_LIMIT:
        out.error(START, f"the file is larger than {TEXT_LIMIT >> 20} MiB", "keep data in files of their own")
        return None
    if isinstance(source, bytes):
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            before = source[: error.start].decode("utf-8").removeprefix("\ufeff")
            byte = source[error.start]
            out.error(_end_of(before), f"the file is not UTF-8 (byte 0x{byte:02x})", "save it in the encoding UTF-8")
            return None
    else:
        text = source
    text = text.removeprefix("\ufeff")
    if bad := _FORBIDDEN.search(text):
        code = f"U+{ord(bad.group()):04X}"
        out.error(_end_of(text[: bad.start()]), f"the character {code} is not allowed in YAML", "remove it")
        return None
    return text


def events(text: str, out: Findings, loader: "Loader | None" = None) -> Iterator[Any]:
    """PyYAML's events of a text; ends early, with a finding, where the text is not YAML."""
    import yaml  # takes tens of milliseconds, and not every command reads a workflow

    best: Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parser = (loader or best)(text)
    event: Any = None
    try:
        for event in iter(parser.get_event, None):
            yield event
    except yaml.MarkedYAMLError as error:
        place, message, suggestion = explain(error, text)
        out.error(Spot(*place) if place else START, message, suggestion)
    except (yaml.YAMLError, ValueError) as error:
        # The pure Python parser lets some escapes and version numbers end in a ValueError, without a place.
        out.error(spot_of(event) if event else START, f"this is not YAML: {' '.join(str(error).split())}")
    finally:
        parser.dispose()


def _end_of(text: str) -> Spot:
    """Where the character after this text stands."""
    line, start = 1, 0
    for line, found in enumerate(_BREAK.finditer(text), 2):  # noqa: B007 - the last one counts
        start = found.end()
    return Spot(line, len(text) - start + 1)
