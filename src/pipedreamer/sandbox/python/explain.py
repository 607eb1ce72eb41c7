"""What a node raised, as a person wants to read it: the message with their own file and line, our frames cut away.

An exception is a node's own object: its text, its causes and even its name may raise, loop or go in circles.
"""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from pipedreamer.sandbox.protocol import TEXT_LIMIT
from pipedreamer.sandbox.python.lanes import NodeStoppedError
from pipedreamer.sandbox.python.remedies import remedy

MOST_LEAVES = 5
MOST_CAUSES = 10
MOST_VISITED = 100
LONG_TEXT = TEXT_LIMIT // 2
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Explanation:
    """`text` is `ValueError: no such user (nodes/fetch.py:12)`; `trace` has the person's own frames below it."""

    text: str
    trace: str


def explain(error: BaseException, root: str) -> Explanation:
    """Explain an error of a workflow whose folder is `root`; a group is told by what is in it. Always explains.

    The error loses its traceback.
    """
    try:
        leaves = list(_leaves(error))
        parts = [_one(leaf, root) for leaf in leaves[:MOST_LEAVES]]
        text = "; ".join(part.text for part in parts)
        if len(leaves) > MOST_LEAVES:
            text += f"; and {len(leaves) - MOST_LEAVES} more"
        return Explanation(clean(text), clean("\n".join(part.trace for part in parts)))
    except NodeStoppedError:
        raise
    except BaseException:  # noqa: BLE001 - an exception made so that it cannot be shown is still a failed attempt
        return Explanation("an exception that cannot be shown", "")
    finally:
        # Frames often know the error that knows them: such a circle would keep the memory of both for a while.
        BaseException.with_traceback(error, None)


def clean(text: str) -> str:
    """Text that can travel: of bounded length, and valid Unicode."""
    return text[:TEXT_LIMIT].encode(errors="replace").decode()


def _leaves(error: BaseException) -> Iterator[BaseException]:
    waiting = [error]
    for _ in range(MOST_VISITED):
        if not waiting:
            return
        found = waiting.pop()
        if isinstance(found, BaseExceptionGroup):
            waiting.extend(reversed(found.exceptions))
        else:
            yield found
    if waiting:
        yield error


def _one(error: BaseException, root: str) -> Explanation:
    text, lines = _described(error, root)
    seen = {id(error)}
    cause = error.__cause__
    while cause is not None and id(cause) not in seen and len(seen) <= MOST_CAUSES:
        seen.add(id(cause))
        because, further = _described(cause, root)
        lines += [f"  caused by {because}", *further]
        cause = cause.__cause__
    return Explanation(text, "\n".join([text, *lines]))


def _described(error: BaseException, root: str) -> tuple[str, list[str]]:
    name, said = type(error).__name__[:LONGEST_NAME], said_by(error)
    hint = remedy(error, root)
    where = f" [{hint}]" if hint else ""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root + "/")]
    places = [f"{PurePath(frame.filename).relative_to(root)}:{frame.lineno}" for frame in frames]
    if places:
        where += f" ({places[-1]})"
    if len(said) > LONG_TEXT:  # whose end is cut off
        name, where = f"{name}{where}", ""
    text = f"{name}: {said}{where}" if said else f"{name}{where}"
    shown = zip(places[-20:], frames[-20:], strict=True)
    return text, [f"  {place} in {frame.name}: {frame.line}" for place, frame in shown]


def said_by(error: BaseException) -> str:
    """The text of an exception, cut where it is absurdly long."""
    try:
        return str(error)[:TEXT_LIMIT]
    except NodeStoppedError:
        raise
    except BaseException as unsaid:  # noqa: BLE001 - see above
        return f"(its text cannot be had: {type(unsaid).__name__})"
