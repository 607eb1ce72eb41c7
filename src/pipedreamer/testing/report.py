"""Outcomes as lines for people and as one document for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from pipedreamer.testing.outcome import Outcome
from pipedreamer.testing.trials import Trial

LOG_SHOWN: Final = 50
_WIDEST: Final = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide nodes and fixtures are written."""

    node: int
    fixture: int

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Self:
        return cls(_width(trial.label for trial in trials), _width(trial.name for trial in trials))

    def line(self, outcome: Outcome) -> str:
        """`fetch  fetch-empty.json  12 ms`, without the mark before it."""
        parts = [outcome.node.ljust(self.node), outcome.fixture.ljust(self.fixture)]
        if outcome.status != "no fixtures":
            parts.append(f"{duration(outcome.seconds):>7}")
        note = f" ({outcome.note})" if outcome.note else ""
        return visible("  ".join(parts).rstrip() + note)


def details(outcome: Outcome) -> list[str]:
    """What stands under a failure: why, what the node asked for, what it wrote (the last lines of it)."""
    blocks = [list(outcome.reasons)]
    if outcome.asked:
        blocks.append(["asked:", *_indented(outcome.asked)])
    if outcome.log:
        before = len(outcome.log) - LOG_SHOWN
        head = f"log (the last {LOG_SHOWN} of {len(outcome.log)} lines kept):" if before > 0 else "log:"
        blocks.append([head, *_indented(outcome.log[-LOG_SHOWN:])])
    return [visible(f"      {line}") for block in blocks for text in block for line in text.splitlines() or [""]]


def document(workflow: str, outcomes: Sequence[Outcome], mode: str) -> dict[str, Any]:
    """Everything as JSON values; `mode` is `nodes`, `pipeline` or their live forms."""
    return {
        "ok": all(outcome.passed for outcome in outcomes),
        "workflow": workflow,
        "mode": mode,
        "passed": sum(outcome.passed for outcome in outcomes),
        "total": len(outcomes),
        "tests": [outcome.document() for outcome in outcomes],
    }


def summary(outcomes: Sequence[Outcome]) -> str:
    """The last line (contract: the test runner)."""
    return f"{sum(outcome.passed for outcome in outcomes)}/{len(outcomes)} tests passed"


def duration(seconds: float) -> str:
    """`12 ms`, `1.2 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def visible(text: str) -> str:
    """The text with what a terminal would act on made visible; tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter == "\t" else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _indented(lines: Sequence[str]) -> list[str]:
    return ["\n".join(f"  {part}" for part in line.splitlines()) for line in lines]


def _width(texts: Any) -> int:
    return min(_WIDEST, max(map(len, texts), default=0))
