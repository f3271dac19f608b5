"""A token bucket that may be overdrawn: what was taken is waited for afterwards.

So nothing that arrives in one piece is too large for it, and many that take from one
bucket share its rate by waiting for the same debt.
"""

from dataclasses import dataclass

# Less is not worth waiting for, and too little to be added to a clock.
_SHORTEST_SECONDS = 1e-6


@dataclass
class Bucket:
    """`rate` tokens a second, saved for at most `burst_seconds`; times from any clock.

    A rate of None limits nothing; one of 0 lets nothing through.
    """

    burst_seconds: float
    rate: float | None = None
    level: float = 0.0
    filled_at: float = 0.0

    def change(self, rate: float | None, now: float) -> None:
        """Another rate from now on. What is owed stays owed, what is saved shrinks."""
        self._fill(now)
        self.rate = rate
        if rate is None:
            self.level = 0.0
        else:
            self.level = min(self.level, rate * self.burst_seconds)

    def take(self, count: float, now: float) -> float:
        """Take so many; the seconds until it is no longer overdrawn (inf: never)."""
        if self.rate is None:
            return 0.0
        self._fill(now)
        self.level -= count
        if self.rate == 0:
            return float("inf")
        pause = -self.level / self.rate
        return pause if pause > _SHORTEST_SECONDS else 0.0

    def _fill(self, now: float) -> None:
        passed = max(0.0, now - self.filled_at)
        self.filled_at = max(now, self.filled_at)
        if self.rate is not None:
            saved = self.rate * self.burst_seconds
            self.level = min(saved, self.level + self.rate * passed)
