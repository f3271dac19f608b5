"""Which workers have work that a limit is for, as their heartbeats tell."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from handlers.messages import Heartbeat


@dataclass
class Census:
    """Of all workers but this one; who is silent for long is gone.

    While this worker does not hear itself, the bus is away, and nobody is gone: else
    each worker would take itself for the only one.
    """

    worker: str
    silence_seconds: float
    clock: Callable[[], float] = time.monotonic
    _heard: dict[str, tuple[float, frozenset[str]]] = field(
        default_factory=dict[str, tuple[float, frozenset[str]]]
    )

    def __post_init__(self) -> None:
        """Nobody was heard yet."""
        self._heard_myself_at = self.clock()
        self._waits_until = 0.0

    def heard(self, beat: Heartbeat) -> bool:
        """A worker lives; whether it works for anything else than it did before."""
        now = self.clock()
        if beat.worker == self.worker:
            if now - self._heard_myself_at > self.silence_seconds:
                # The bus is back: the others have to be heard again first.
                self._waits_until = now + self.silence_seconds
            self._heard_myself_at = now
            return False
        _, before = self._heard.get(beat.worker, (0.0, frozenset[str]()))
        scopes = frozenset(beat.scopes)
        self._heard[beat.worker] = (now, scopes)
        return scopes != before

    def place(self, scope: str) -> tuple[int, int]:
        """(rank, count) of this worker among those that work for the scope."""
        self._forget_the_silent()
        others = [w for w, (_, scopes) in self._heard.items() if scope in scopes]
        return sum(other < self.worker for other in others), len(others) + 1

    def _forget_the_silent(self) -> None:
        now = self.clock()
        alone = now - self._heard_myself_at > self.silence_seconds
        if alone or now < self._waits_until:
            return
        since = now - self.silence_seconds
        self._heard = {w: each for w, each in self._heard.items() if each[0] >= since}
