"""Holds a worker to its shares of the limits, whatever they are just now."""

import asyncio
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.data_flow import DataFlow
from domain.errors import Side
from domain.limits import limits_at
from domain.limits.scopes import PLANE, endpoint_scope, flow_scope
from domain.limits.shares import Share, nothing_of, share_of
from handlers.limits.allowance import Allowance
from handlers.limits.book import Book
from handlers.limits.census import Census
from handlers.limits.endpoints import endpoint_of
from handlers.limits.throttle import Throttle
from handlers.messages import Heartbeat

_UNLIMITED = Share()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Limiter:
    """The scopes that this worker has work for, and their throttles.

    For the first `settling_seconds` it cannot know who else works: what is limited
    stands still. `news` is set when the others should hear of us before the next beat.
    """

    book: Book
    census: Census
    settling_seconds: float
    now: Callable[[], datetime] = _now
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _throttles: dict[str, Throttle] = field(default_factory=dict[str, Throttle])
    _allowances: set[Allowance] = field(default_factory=set[Allowance])
    _lingering: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        """The others are listened for from here on."""
        self._settled_at = time.monotonic() + self.settling_seconds

    async def ready(self) -> None:
        """The limits were read at least once. Raises DATABASE_DOWN."""
        if self.book.version is None:
            await self.refresh()

    async def refresh(self) -> None:
        """Read what is new in the log. Raises DATABASE_DOWN."""
        if await self.book.refresh():
            self.share()
            self.news.set()

    def heard(self, beat: Heartbeat) -> None:
        """Another worker lives, and works for these scopes."""
        if self.census.heard(beat):
            self.share()

    def scopes(self) -> tuple[str, ...]:
        """What this worker has work for, or had since it was asked last."""
        used = {scope for scope, each in self._throttles.items() if each.users}
        told = used | self._lingering
        for scope in self._throttles.keys() - told:
            del self._throttles[scope]
        self._lingering.clear()
        return tuple(sorted(told))

    def share(self) -> None:
        """Reckon anew: with who is there now, and what the timetable says now."""
        now, moment = time.monotonic(), self.now()
        for scope, throttle in self._throttles.items():
            throttle.change(self._share(scope, now, moment), now)
        for allowance in self._allowances:
            allowance.changed()

    @contextmanager
    def working(self, flow: DataFlow) -> Generator[Allowance]:
        """This worker copies for the flow until the block ends."""
        sides = _endpoints(flow)
        scopes = (PLANE, flow_scope(flow.data_flow_id), *sides)
        allowance = Allowance({s: self._taken_up(s) for s in scopes}, sides)
        self._allowances.add(allowance)
        try:
            yield allowance
        finally:
            self._allowances.discard(allowance)
            for scope in scopes:
                self._throttles[scope].users -= 1
                self._lingering.add(scope)

    def _taken_up(self, scope: str) -> Throttle:
        throttle = self._throttles.setdefault(scope, Throttle())
        throttle.users += 1
        now = time.monotonic()
        if throttle.users == 1:
            throttle.change(self._share(scope, now, self.now()), now)
            if scope in self.book.known:
                self.news.set()
        return throttle

    def _share(self, scope: str, now: float, moment: datetime) -> Share:
        limits = self.book.known.get(scope)
        if limits is None:
            return _UNLIMITED
        rates = limits_at(limits, moment)
        if now < self._settled_at:
            return nothing_of(rates)
        return share_of(rates, *self.census.place(scope))


def _endpoints(flow: DataFlow) -> Mapping[str, frozenset[Side]]:
    """The scopes of both endpoints, and which side each is: both, where it is one."""
    source = endpoint_scope(endpoint_of(flow.source))
    destination = endpoint_scope(endpoint_of(flow.destination))
    if source == destination:
        return {source: frozenset({Side.SOURCE, Side.DESTINATION})}
    return {
        source: frozenset({Side.SOURCE}),
        destination: frozenset({Side.DESTINATION}),
    }
