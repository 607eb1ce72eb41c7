"""How much may run at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capacity:
    """`workers` processes a language; `running` runs at once in all of them, `waiting` more before one is refused."""

    workers: int = 2
    running: int = 128
    waiting: int = 1000

    @property
    def window(self) -> int:
        """Runs at once in one worker."""
        return max(1, -(-self.running // self.workers))

    @property
    def most(self) -> int:
        """Runs under way and waiting."""
        return self.running + self.waiting
