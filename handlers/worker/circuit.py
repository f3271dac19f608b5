"""An endpoint that is away is left alone: one question now and then, no more.

closed ──so many failures in a row──→ open ──it answers a question──→ half open
  ↑ ↖──────────── one went well ───────│──────────────────────────────────│
  └─────────────── one went well ──────┘            one failed: open again
"""

import random
import time
from dataclasses import dataclass, field
from enum import StrEnum

from handlers.worker.retry import doubled

# What says that the endpoint is not there, or cannot do its work; anything else that
# it answers says that it is.
AWAY = frozenset({"storage.unavailable"})
THROTTLED = "storage.throttled"
_FAILURES = 4
_FIRST_SECONDS, _LONGEST_SECONDS = 1.0, 15.0


class Phase(StrEnum):
    """How much may be asked of the endpoint."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True)
class Opened:
    """So many failures in a row, the last with this code."""

    endpoint: str
    failures: int
    reason: str


@dataclass(frozen=True)
class Closed:
    """It works again, after so many questions and seconds."""

    endpoint: str
    probes: int
    seconds: float


@dataclass
class Circuit:
    """That of one endpoint, for all flows of this process."""

    endpoint: str
    phase: Phase = field(default=Phase.CLOSED, init=False)
    # That it opened, where whoever met it could not record it: the next one may.
    untold: Opened | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Nothing has failed."""
        self._failures = 0
        self._opened_at = 0.0
        self._next_probe_at = 0.0
        self._probes = 0
        # A question, or the one effect that is tried while half open, is under way.
        self._trying = False

    @property
    def open_seconds(self) -> float:
        """For how long it has not been closed."""
        closed = self.phase is Phase.CLOSED
        return 0.0 if closed else time.monotonic() - self._opened_at

    def claim_probe(self) -> bool:
        """Whether the caller is to ask now whether the endpoint is there."""
        due = time.monotonic() >= self._next_probe_at
        if self.phase is not Phase.OPEN or self._trying or not due:
            return False
        self._trying = True
        self._probes += 1
        return True

    def probed(self, *, there: bool) -> None:
        """What the question came to."""
        self._trying = False
        if there and self.phase is Phase.OPEN:
            self.phase = Phase.HALF_OPEN
        else:
            self._wait()

    @property
    def blocked(self) -> bool:
        """Whether no effect may begin now."""
        half = self.phase is Phase.HALF_OPEN
        return self.phase is Phase.OPEN or (half and self._trying)

    def begin(self) -> bool:
        """An effect begins; whether it is the one that is tried while half open."""
        if self.phase is not Phase.HALF_OPEN:
            return False
        self._trying = True
        return True

    def left(self) -> None:
        """The effect that was tried came to nothing that tells of this endpoint."""
        self._trying = False

    def failed(self, code: str) -> Opened | None:
        """An effect failed as it does where an endpoint is away."""
        self._failures += 1
        if self.phase is Phase.HALF_OPEN:
            self.phase = Phase.OPEN
            self._wait()
        if self.phase is Phase.OPEN or self._failures < _FAILURES:
            return None
        self.phase, self._opened_at, self._probes = Phase.OPEN, time.monotonic(), 0
        self._wait()
        return Opened(self.endpoint, self._failures, code)

    def answered(self) -> Closed | None:
        """An effect went well, or was refused: the endpoint is there."""
        self._failures = 0
        if self.phase is Phase.CLOSED:
            return None
        closed = Closed(self.endpoint, self._probes, round(self.open_seconds, 3))
        self.phase = Phase.CLOSED
        return closed

    def _wait(self) -> None:
        longest = doubled(_FIRST_SECONDS, self._probes, _LONGEST_SECONDS)
        delay = random.uniform(0, longest)  # noqa: S311 (jitter)
        self._next_probe_at = time.monotonic() + delay
