"""What a node raised, as a person wants to read it: the message with their own file and line, our frames cut away."""

import traceback
from dataclasses import dataclass
from pathlib import PurePath

MOST_CHARACTERS = 64_000
MOST_LEAVES = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """`text` is `ValueError: no such user (nodes/fetch.py:12)`; `trace` has the person's own frames below it."""

    text: str
    trace: str


def explain(error: BaseException, root: str) -> Explanation:
    """Explain an error of a workflow whose folder is `root`; a group is told by what is in it."""
    leaves = _leaves(error)
    parts = [_one(leaf, root) for leaf in leaves[:MOST_LEAVES]]
    text = "; ".join(part.text for part in parts)
    if len(leaves) > MOST_LEAVES:
        text += f"; and {len(leaves) - MOST_LEAVES} more"
    return Explanation(clean(text), clean("\n".join(part.trace for part in parts)))


def clean(text: str) -> str:
    """Text that can travel: of bounded length, and valid Unicode."""
    return text[:MOST_CHARACTERS].encode(errors="replace").decode()


def _leaves(error: BaseException) -> list[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for inner in error.exceptions for leaf in _leaves(inner)]


def _one(error: BaseException, root: str) -> Explanation:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root + "/")]
    lines = []
    for frame in frames:
        place = f"{PurePath(frame.filename).relative_to(root)}:{frame.lineno}"
        lines.append(f"  {place} in {frame.name}: {frame.line}")
    if frames:
        text += f" ({PurePath(frames[-1].filename).relative_to(root)}:{frames[-1].lineno})"
    if error.__cause__ is not None and error.__cause__ is not error:
        lines.append(f"  caused by {_one(error.__cause__, root).trace}")
    return Explanation(text, "\n".join([text, *lines]))
