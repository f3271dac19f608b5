"""The parts and small objects in flight between two endpoints: as many as help.

How many a pair may have at once is found out by its `Climb`, from what its `Gauge`
measures; all pairs of the worker together have at most `Bounds.most`, which is what
bounds the worker's memory.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from domain.data_flow import DataFlow
from handlers.limits.endpoints import endpoint_of
from handlers.limits.gate import Gate
from handlers.metering import Meter
from handlers.worker.climb import Bounds, Climb, Moved
from handlers.worker.gauge import Gauge, Measure

# Between them a level counts as made use of; above, what was begun earlier runs out.
_USED, _OVER = 0.85, 1.15
# Another level is told once it stays, or is so many times the one that was told.
_WORTH_TELLING, _FAR = 1.25, 2.0
GREW, ENOUGH = "goodput-grew", "fewer-do-as-well"


@dataclass(frozen=True)
class Tuned:
    """A decision: from so many at once between two endpoints to so many, and why."""

    source: str
    destination: str
    before: int
    after: int
    reason: str
    measure: Measure


class Slots:
    """Those of one pair of endpoints, for all flows of this process.

    `untold` is a decision that nobody has recorded yet. `went_hungry` is called when
    there was not enough to do for all slots, `had_plenty` when more was waiting.
    """

    def __init__(
        self, pair: tuple[str, str], bounds: Bounds, whole: Gate, feeding: "Feeding"
    ) -> None:
        """Nothing is in flight; `whole` is that of all pairs."""
        self.untold: Tuned | None = None
        self._pair = pair
        self._whole = whole
        self._feeding = feeding
        self._climb = Climb(bounds)
        self._gate = Gate(bounds.start)
        self._gauge = Gauge()
        self._told = bounds.start

    @property
    def most(self) -> int:
        """The most that there can ever be."""
        return self._climb.bounds.most

    @property
    def level(self) -> int:
        """How many there are now."""
        return self._climb.level

    async def enter(self) -> "Slot":
        """A slot, when there is one; to be freed."""
        await self._gate.enter()
        try:
            await self._whole.enter()
        except BaseException:
            self._gate.leave()
            raise
        self._gauge.entered(time.monotonic())
        return Slot(self._left)

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator["Slot"]:
        """A slot until the block ends."""
        slot = await self.enter()
        try:
            yield slot
        finally:
            slot.free()

    def metering(self, meter: Meter) -> Meter:
        """The same meter; what it counts is counted here too."""
        return _Counting(self._gauge, meter)

    def disturbed(self) -> None:
        """An endpoint was away, or asked for less: what is measured says nothing."""
        now = time.monotonic()
        self._gauge.begin(now)
        self._change(self._climb.failed(), None, now)

    def _left(self, *, done: bool) -> None:
        now = time.monotonic()
        self._gauge.left(now, done=done)
        self._whole.leave()
        self._gate.leave()
        if self._climb.bounds.fixed:
            return
        measure = self._gauge.read(now, self.level)
        if measure is not None:
            self._gauge.begin(now)
            self._change(self._judged(measure), measure, now)

    def _judged(self, measure: Measure) -> Moved | None:
        if self._gate.waiting >= self.level:
            self._feeding.had_plenty()
        if measure.in_flight < _USED * self.level:
            if not self._gate.waiting:
                self._feeding.went_hungry()
            return self._climb.hungry()
        if measure.in_flight > _OVER * self.level:
            return None
        return self._climb.measured(measure.goodput)

    def _change(self, moved: Moved | None, measure: Measure | None, now: float) -> None:
        if moved is None:
            return
        self._gate.change(moved.level)
        if measure is None:
            return
        self._gauge.begin(now, after=measure)
        home = self._climb.home
        apart = max(home / self._told, self._told / home)
        if apart >= (_WORTH_TELLING if moved.settled else _FAR):
            self._tell(home, measure)

    def _tell(self, level: int, measure: Measure) -> None:
        before = self.untold.before if self.untold else self._told
        self._told, self.untold = level, None
        if level != before:
            reason = GREW if level > before else ENOUGH
            self.untold = Tuned(*self._pair, before, level, reason, measure)


class Slot:
    """One that is taken: freed once, by whoever comes first."""

    def __init__(self, left: Callable[..., None]) -> None:
        """`done` is to be set where what it was taken for is done: that is counted."""
        self.done = False
        self._left: Callable[..., None] | None = left

    def free(self, _: object = None) -> None:
        """Also as a callback of a task."""
        left, self._left = self._left, None
        if left is not None:
            left(done=self.done)


@dataclass(frozen=True)
class _Counting:
    """A `Meter` whose bytes are counted for a pair of endpoints, too."""

    gauge: Gauge
    meter: Meter

    def moved(self, count: int) -> float:
        self.gauge.moved(count)
        return self.meter.moved(count)


@dataclass
class Feeding:
    """How many segments a worker has in hand, so that its slots have enough to do.

    `least` to begin with; more while slots stand empty, as long as each that may be
    had is in hand; fewer again where more work waits than there are slots.
    """

    least: int
    most: int
    in_hand: Callable[[], int]
    wanted: int = field(init=False)

    def __post_init__(self) -> None:
        """As few as may be."""
        self.wanted = self.least

    def went_hungry(self) -> None:
        """Slots stood empty, and nobody waited for one."""
        if self.in_hand() >= self.wanted:
            self.wanted = min(self.wanted + self.least, self.most)

    def had_plenty(self) -> None:
        """As much again waited as there are slots."""
        self.wanted = max(self.wanted - 1, self.least)


@dataclass
class Pairs:
    """The slots of all pairs of endpoints that this process has met."""

    bounds: Bounds
    feeding: Feeding
    _by_pair: dict[tuple[str, str], Slots] = field(
        default_factory=dict[tuple[str, str], Slots]
    )

    def __post_init__(self) -> None:
        """None was met."""
        self._whole = Gate(self.bounds.most)

    def of(self, flow: DataFlow) -> Slots:
        """Those of a flow."""
        pair = (endpoint_of(flow.source), endpoint_of(flow.destination))
        if pair not in self._by_pair:
            self._by_pair[pair] = Slots(pair, self.bounds, self._whole, self.feeding)
        return self._by_pair[pair]
