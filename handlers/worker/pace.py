"""How much is in flight at an endpoint: as much as it takes, and less when it asks."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, Side
from domain.location import Location
from handlers.worker.retry import retried

# One storm of refusals is one reason to slow down.
_CALM_SECONDS = 1.0
_SUCCESSES_PER_STEP = 4

_T = TypeVar("_T")


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

    Halved when the endpoint says that it is too much; one more for every few that go
    well, up to `most` again.
    """

    endpoint: str
    most: int
    limit: int = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is in flight, and nothing was refused."""
        self.limit = self.most
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._successes = 0
        self._halved_at = -_CALM_SECONDS

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """One more in flight, when there is room."""
        while self._in_flight >= self.limit:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()
                raise
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            self._wake()

    def refused(self) -> Change | None:
        """It was too much. None where that was known already."""
        self._successes = 0
        now = time.monotonic()
        if now - self._halved_at < _CALM_SECONDS or self.limit == 1:
            return None
        self._halved_at = now
        before, self.limit = self.limit, max(1, self.limit // 2)
        return Change(self.endpoint, before, self.limit, "storage.throttled")

    def went_well(self) -> Change | None:
        """Perhaps it takes more again. The last step only is worth telling."""
        if self.limit == self.most:
            return None
        self._successes += 1
        if self._successes < _SUCCESSES_PER_STEP * self.limit:
            return None
        self._successes = 0
        self.limit += 1
        self._wake()
        if self.limit < self.most:
            return None
        return Change(self.endpoint, self.limit - 1, self.limit, "recovered")

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


@dataclass
class Paces:
    """Those of all endpoints that this process has met. `most` is its parts at once."""

    most: int
    _by_endpoint: dict[str, Pace] = field(default_factory=dict[str, Pace])

    def of(self, flow: DataFlow) -> dict[Side, Pace]:
        """The two sides' paces: the same one where both are one endpoint."""
        places = {Side.SOURCE: flow.source, Side.DESTINATION: flow.destination}
        return {side: self._pace(endpoint_of(each)) for side, each in places.items()}

    def _pace(self, endpoint: str) -> Pace:
        return self._by_endpoint.setdefault(endpoint, Pace(endpoint, self.most))


@dataclass(frozen=True)
class Tries:
    """Carries out effects on two endpoints: at their pace, and again where that helps.

    `changed` hears of each decision to go slower, or as fast as before.
    """

    attempts: int
    paces: dict[Side, Pace]
    changed: Callable[[Change], Awaitable[None]]

    async def run(self, effect: Callable[[], Awaitable[_T]]) -> _T:
        """The effect's result. Raises what it raised at last."""
        return await retried(self.attempts, lambda: self._paced(effect))

    async def _paced(self, effect: Callable[[], Awaitable[_T]]) -> _T:
        # In one order for all, so that no two wait for each other.
        paces = {each.endpoint: each for each in self.paces.values()}
        changes: list[Change | None] = []
        try:
            async with AsyncExitStack() as held:
                for _, pace in sorted(paces.items()):
                    await held.enter_async_context(pace.slot())
                result = await effect()
            changes += [pace.went_well() for pace in paces.values()]
        except DataPlaneError as error:
            if error.code == "storage.throttled" and error.side in self.paces:
                changes.append(self.paces[error.side].refused())
            raise
        finally:
            for change in changes:
                if change is not None:
                    await self.changed(change)
        return result


def endpoint_of(place: Location | None) -> str:
    """The endpoint's name: its host and port, no more; a region where it has none."""
    if place is None:
        return ""
    url = place.fields.get("endpoint_url") or place.fields.get("endpoint")
    if isinstance(url, str):
        return urlsplit(url).netloc.rpartition("@")[2] or place.mechanism
    return f"{place.mechanism}:{place.fields.get('region') or ''}"
