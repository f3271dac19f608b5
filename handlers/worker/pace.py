"""How much is in flight at an endpoint: as much as it takes, and less when it asks."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from domain.data_flow import DataFlow
from domain.errors import Side
from handlers.limits.endpoints import endpoint_of
from handlers.limits.gate import Gate
from handlers.worker.circuit import Circuit

# One storm of refusals is one reason to slow down.
_CALM_SECONDS = 1.0
_SUCCESSES_PER_STEP = 4


@dataclass(frozen=True)
class Change:
    """A decision: from so many in flight at the endpoint to so many, and why."""

    endpoint: str
    before: int
    after: int
    reason: str


@dataclass
class Pace:
    """The requests in flight at one endpoint, of all flows of this process.

    Half of what is in flight when the endpoint says that it is too much; one more for
    every few that go well, until there are as many again, and then up to `most`. What
    is in flight counts for no less than `start`, where that is said. Its circuit says
    whether it is there at all.
    """

    endpoint: str
    most: int
    start: int | None = None
    limit: int = field(init=False)
    circuit: Circuit = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is in flight, and nothing was refused."""
        self.limit = self.most
        self.circuit = Circuit(self.endpoint)
        self.gate = Gate(self.most)
        self._successes = 0
        # How many there were when it was refused first.
        self._usual = self.most
        self._halved_at = -_CALM_SECONDS

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """One more in flight, when there is room."""
        async with self.gate.slot():
            yield

    def refused(self) -> Change | None:
        """It was too much. None where that was known already."""
        self._successes = 0
        now = time.monotonic()
        if now - self._halved_at < _CALM_SECONDS or self.limit == 1:
            return None
        self._halved_at = now
        # The limit may be more than anybody asks for.
        before = min(max(self.gate.inside, self.start or self.most), self.limit)
        if self.limit == self.most:
            self._usual = before
        self._take(max(1, before // 2))
        return Change(self.endpoint, before, self.limit, "storage.throttled")

    def went_well(self) -> Change | None:
        """Perhaps it takes more again. The last step only is worth telling."""
        if self.limit == self.most:
            return None
        self._successes += 1
        if self._successes < _SUCCESSES_PER_STEP * self.limit:
            return None
        self._successes = 0
        self._take(self.limit + 1)
        if self.limit < self._usual:
            return None
        self._take(self.most)
        return Change(self.endpoint, self._usual - 1, self._usual, "recovered")

    def _take(self, limit: int) -> None:
        self.limit = limit
        self.gate.change(limit)


@dataclass
class Paces:
    """Those of all endpoints that this process has met.

    It begins with `start` parts at once, and has `most`; without `start`, always those.
    """

    most: int
    start: int | None = None
    _by_endpoint: dict[str, Pace] = field(default_factory=dict[str, Pace])

    def of(self, flow: DataFlow) -> dict[Side, Pace]:
        """The two sides' paces: the same one where both are one endpoint."""
        places = {Side.SOURCE: flow.source, Side.DESTINATION: flow.destination}
        return {side: self._pace(endpoint_of(each)) for side, each in places.items()}

    def _pace(self, endpoint: str) -> Pace:
        made = Pace(endpoint, self.most, self.start)
        return self._by_endpoint.setdefault(endpoint, made)
