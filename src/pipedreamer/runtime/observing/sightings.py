"""One thing that a node was seen to ask for."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["net", "read", "look", "write", "change", "env", "secret", "fetched-with", "program"]


@dataclass(frozen=True, slots=True, order=True)
class Sighting:
    """`name` is `host:port`, an absolute path, a variable, a secret or a program.

    `place` is the line of the workflow that asked, `library` the package that asked on its behalf; both may be "".
    `found` says whether a path was there, `how` what is worth knowing besides.
    """

    kind: Kind
    name: str
    node: str
    place: str = ""
    library: str = ""
    found: bool = True
    how: str = ""
