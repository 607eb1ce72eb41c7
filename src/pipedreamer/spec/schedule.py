"""Cron schedules and time zones: what this program and Kubernetes both understand."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Final

from pipedreamer.spec.findings import Fault
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.wording import shown

MACROS: Final = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
"""Kubernetes: CronJob, schedule syntax."""

_FIELDS: Final = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of the month", "1-31"),
    ("month", "1-12 or JAN-DEC"),
    ("day of the week", "0-6 or SUN-SAT"),
)
_EXAMPLE: Final = 'for example "0 9 * * 1-5": minute, hour, day of the month, month, day of the week'
_LONGEST: Final = 500
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
# What cronsim knows and Kubernetes does not, by field; a 7 behind a slash is a step.
_ONLY_HERE: Final = {2: re.compile("L"), 4: re.compile(r"L|#|(?<![/0-9])7(?![0-9])")}


def schedule(text: str) -> Iterator[Fault]:
    """What is wrong with a cron schedule."""
    fields = text.split()
    if text.startswith("@"):
        yield from _macro(text)
    elif "TZ=" in text:
        yield Fault("cannot hold a time zone", "write it as timezone: beside the schedule")
    elif len(text) > _LONGEST:
        yield Fault(f"is longer than {_LONGEST} characters", _EXAMPLE)
    elif len(fields) != len(_FIELDS):
        yield Fault(f"has {len(fields)} field{'s' if len(fields) != 1 else ''}, not 5", _EXAMPLE)
    elif _parses(text):
        yield from _strange_to_kubernetes(fields)
    else:
        faults = [fault for at in range(len(_FIELDS)) for fault in _field(fields[at], at)]
        yield from faults or [Fault("never comes: no such month has that day", _EXAMPLE)]


def timezone(text: str) -> Iterator[Fault]:
    """What is wrong with the name of a time zone."""
    if _is_zone(text):
        return
    if _is_zone("UTC"):
        yield Fault("is no time zone", lambda: _near_zone(text))
    else:
        yield Fault("was not checked: this machine has no time zone data", "install tzdata", "warning")


def _near_zone(text: str) -> str:
    """`berlin` and `Europe/Berln` -> `Europe/Berlin`."""
    known = _zones()
    city = text.rsplit("/", 1)[-1].replace(" ", "_").lower()
    near = next((name for name in known if name.rsplit("/", 1)[-1].lower() == city), None) or Names(known).nearest(text)
    return f'did you mean "{near}"?' if near else "for example Europe/Berlin or UTC"


@cache  # reading the names takes as long as reading a large workflow
def _zones() -> tuple[str, ...]:
    import zoneinfo

    return tuple(sorted(zoneinfo.available_timezones()))


def _is_zone(text: str) -> bool:
    import zoneinfo  # only cron triggers need it

    try:
        zoneinfo.ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # unknown, no name at all or no zone's file, a folder
        return False
    return True


def _macro(text: str) -> Iterator[Fault]:
    if text.startswith("@every"):
        yield Fault("cannot use @every", 'for example "*/5 * * * *" for every five minutes')
    elif text not in MACROS:
        yield Fault("is no known macro", Names(MACROS).hint(text) or f"one of {', '.join(MACROS)}")


def _field(text: str, at: int) -> Iterator[Fault]:
    name, allowed = _FIELDS[at]
    alone = ["*"] * len(_FIELDS)
    alone[at] = text
    if text == "?":
        yield Fault(f"has a ? as its {name}", "write *")
    elif not _parses(" ".join(alone)):
        yield Fault(f"has {shown(text)} as its {name}, which is not within {allowed}", _EXAMPLE)


def _strange_to_kubernetes(fields: list[str]) -> Iterator[Fault]:
    for at, pattern in _ONLY_HERE.items():
        if odd := pattern.search(fields[at].upper()):
            remedy = "write 0 for Sunday" if odd.group() == "7" else "leave it out where the workflow is to be deployed"
            yield Fault(f"has {odd.group()} in its {_FIELDS[at][0]}, which Kubernetes refuses", remedy, "warning")


def _parses(text: str) -> bool:
    from cronsim import CronSim, CronSimError  # only cron triggers need it

    try:
        CronSim(text, _BEGINNING)
    except CronSimError:
        return False
    return True
