"""The value that is not there, which is something else than null."""

from enum import Enum
from typing import Final, Literal


class Absent(Enum):
    """Has one member, so that a type checker can tell it from every JSON value."""

    ABSENT = "absent"


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT
