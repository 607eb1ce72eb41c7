"""What a test came to, in texts that may be shown: secrets are hidden and lengths bounded by whoever makes one."""

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["ok", "failed", "no fixtures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`reasons` say why it failed, `log` what the node wrote, `asked` what it fetched and got; a line each."""

    node: str
    fixture: str
    status: Status
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.status != "failed"

    def document(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return {
            "node": self.node,
            "fixture": self.fixture,
            "status": self.status,
            "durationMs": round(self.seconds * 1000, 1),
            "reasons": list(self.reasons),
            "log": list(self.log),
            "asked": list(self.asked),
            "note": self.note,
        }
