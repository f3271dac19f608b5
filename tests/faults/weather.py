"""Which requests go wrong, and how: seeded, at a rate, in storms."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tests.faults.operations import LATE, UPLOADS, WRITES

_STORM_REQUESTS = 3
# A byte behind the first line of a framed body, which is no byte of the object.
FLIPPED_OFFSET = 1000


class Fault(StrEnum):
    """What is done to a request."""

    SLOW_DOWN = "503 SlowDown"
    SKEWED = "403 RequestTimeTooSkewed"
    EXPIRED = "400 ExpiredToken"
    UPLOAD_RESET = "reset in the request's body"
    DOWNLOAD_RESET = "reset in the answer's body"
    TRUNCATED = "answer's body cut short"
    STALLED = "stall"
    LATE_ERROR = "200 with an error in it"
    REPLY_LOST = "carried out, answer lost"
    WRONG_ETAG = "wrong ETag in the answer"
    FLIPPED = "one bit of the body flipped"


MIX = (
    Fault.SLOW_DOWN,
    Fault.UPLOAD_RESET,
    Fault.DOWNLOAD_RESET,
    Fault.TRUNCATED,
    Fault.STALLED,
    Fault.LATE_ERROR,
    Fault.REPLY_LOST,
    Fault.WRONG_ETAG,
    Fault.FLIPPED,
)


@dataclass(frozen=True)
class Asked:
    """A request as far as it matters here."""

    operation: str
    body_bytes: int


@dataclass
class Weather:
    """One of both proxies. `rate` is the share of requests that meet a fault."""

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[Fault, ...] = MIX
    requests: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[Fault] = field(default_factory=Counter[Fault])
    once: dict[str, Fault] = field(default_factory=dict[str, Fault])
    """The next request of an operation meets this, whatever the rate."""

    def __post_init__(self) -> None:
        """Calm, until the rate is raised."""
        self._random = random.Random(self.seed)  # noqa: S311 (a test's dice)
        self._storm = 0

    def turn(self, rate: float, *kinds: Fault) -> None:
        """From now on so, and counted anew."""
        self.rate, self.kinds = rate, kinds or self.kinds
        self.requests.clear()
        self.faults.clear()
        self._storm = 0

    def meets(self, asked: Asked) -> Fault | None:
        """What happens to the next request; counts both."""
        self.requests[asked.operation] += 1
        fault = self.once.pop(asked.operation, None) or self._drawn(asked)
        if fault is not None:
            self.faults[fault] += 1
        return fault

    def share(self) -> float:
        """The share of a whole's length at which it is cut."""
        return self._random.uniform(0.1, 0.9)

    def _drawn(self, asked: Asked) -> Fault | None:
        if not self.rate:
            return None
        if self._storm:
            self._storm -= 1
            return Fault.SLOW_DOWN
        # A storm takes its share of the rate in advance.
        excess = self.faults.total() - self.rate * self.requests.total()
        if excess >= 1 or self._random.random() >= self.rate * 1.5:
            return None
        fault = self._random.choice([*self._possible(asked)])
        if fault is Fault.SLOW_DOWN and self.rate < 1:
            self._storm = self._random.randrange(_STORM_REQUESTS)
        return fault

    def _possible(self, asked: Asked) -> Iterator[Fault]:
        only = {
            Fault.UPLOAD_RESET: UPLOADS,
            Fault.DOWNLOAD_RESET: {"GetObject"},
            Fault.TRUNCATED: {"GetObject"},
            Fault.LATE_ERROR: LATE,
            Fault.REPLY_LOST: WRITES,
            Fault.WRONG_ETAG: UPLOADS,
            Fault.FLIPPED: UPLOADS,
        }
        for fault in self.kinds:
            small = asked.body_bytes <= 2 * FLIPPED_OFFSET
            if fault is Fault.FLIPPED and small:
                continue
            if asked.operation in only.get(fault, {asked.operation}):
                yield fault
