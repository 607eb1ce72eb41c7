"""Outcomes as JUnit XML, well-formed whatever nodes write."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from pipedreamer.testing.outcome import Outcome
from pipedreamer.writing import naming, write_whole

# https://www.w3.org/TR/xml/#charsets: nothing else may stand in a document, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, workflow: str, outcomes: Sequence[Outcome]) -> None:
    """Write the file, which is replaced, and the folders on its way; raises PipedreamerError."""
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, junit(workflow, outcomes))


def junit(workflow: str, outcomes: Sequence[Outcome]) -> str:
    """One suite, one case a test; the log is its `system-out`."""
    failures = sum(not outcome.passed for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    totals = f'tests="{len(outcomes)}" failures="{failures}" errors="0" skipped="0" time="{seconds:.3f}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites {totals}>",
        f"  <testsuite name={_attribute(workflow)} {totals}>",
        *(_case(workflow, outcome) for outcome in outcomes),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(workflow: str, outcome: Outcome) -> str:
    name = _attribute(outcome.fixture or outcome.node)
    head = (
        f'    <testcase classname={_attribute(f"{workflow}.{outcome.node}")} name={name} time="{outcome.seconds:.3f}"'
    )
    parts = []
    if not outcome.passed:
        first = outcome.reasons[0].splitlines()[0] if outcome.reasons and outcome.reasons[0] else "failed"
        asked = ("", "asked:", *outcome.asked) if outcome.asked else ()
        parts.append(f"<failure message={_attribute(first)}>{_text((*outcome.reasons, *asked))}</failure>")
    if outcome.log:
        parts.append(f"<system-out>{_text(outcome.log)}</system-out>")
    if not parts:
        return f"{head}/>"
    inner = "\n".join(f"      {part}" for part in parts)
    return f"{head}>\n{inner}\n    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _text(lines: Sequence[str]) -> str:
    return escape(_clean("\n".join(lines)))


def _clean(text: str) -> str:
    """Characters that XML cannot hold are written as Python would: `\\x1b`."""
    return _FORBIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
