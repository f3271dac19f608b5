"""How many at once are worth it between two endpoints: found out by trying.

By Little's law the time that one takes is the number in flight by the goodput: where
goodput grows with the number, latency stands still, and more are worth it; where it
does not, latency grows in its place, and fewer do as well. So goodput at two levels,
one after the other, says all that latency could.

    doubling ──it did not help──→ holding ──now and then──→ trying a few less, or more
                                     ↑──────── worse: back, and longer patience ──┘

Pure: whoever measures says what came of each window; no clock, no chance.
"""

from dataclasses import dataclass, field
from enum import Enum, auto

# Of what is added, so much must come out as goodput; else latency took the rest.
_WORTH = 0.3
# What fewer at once may lose, of the goodput that the descent began with.
_LOSS = 0.05
_DOUBLE, _MORE, _LESS = 2.0, 1.5, 0.75
# In windows: before the next try, and at most after many that failed.
_PATIENCE, _MOST_PATIENCE = 4, 64
# Goodput beyond these, times what it was, is another endpoint than we knew.
_FELL, _ROSE = 0.6, 1.6
_WINDOWS = 2
_DRIFT_WINDOWS = 3
# So often there may be too little to do for a try, before it is given up.
_HUNGRY = 12


class _Way(Enum):
    UP = auto()
    DOWN = auto()


@dataclass(frozen=True)
class Bounds:
    """The parts at once that it begins with, and never leaves."""

    start: int
    least: int
    most: int

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to try."""
        return self.least == self.most


def bounds(parts: int, least: int, most: int) -> Bounds:
    """As the settings say; `most` of no more than `parts` turns it off."""
    if most <= parts:
        return Bounds(parts, parts, parts)
    return Bounds(parts, min(parts, least), most)


@dataclass(frozen=True)
class Moved:
    """Another level from now on; `settled` is whether it is to stay for a while."""

    level: int
    settled: bool


@dataclass
class Climb:
    """The level between two endpoints. Feed it windows in which it was made use of."""

    bounds: Bounds
    # What is tried, or kept; and the last that was found good.
    level: int = field(init=False)
    home: int = field(init=False)

    def __post_init__(self) -> None:
        """At the start, about to double."""
        self.level = self.home = self.bounds.start
        self._way: _Way | None = None
        self._next = _Way.UP
        self._doubling = True
        self._held: list[float] = []
        self._tried: list[float] = []
        self._base = self._anchor = self._settled_at = 0.0
        # The first window knows connections that are being made.
        self._patience, self._left = _PATIENCE, _WINDOWS
        self._hungry = 0

    def measured(self, goodput: float) -> Moved | None:
        """A window's goodput at this level, in any unit; the next level, if another."""
        if self.bounds.fixed:
            return None
        self._hungry = 0
        if self._way is not None:
            return self._judged(self._way, goodput)
        self._held = [*self._held, goodput][-_PATIENCE:]
        self._left -= 1
        if self._drifted():
            self._patience, self._left = _PATIENCE, 0
            # Whatever held it back is gone: as at the start.
            self._doubling = goodput > self._settled_at
            self._next = _Way.UP if self._doubling else _Way.DOWN
            self._held = self._held[-_DRIFT_WINDOWS:]
        if self._left > 0 or len(self._held) < self._windows:
            return None
        held = self._held[-1:] if self._doubling else self._held
        self._base = self._anchor = _mean(held)
        return self._begin(self._next)

    def hungry(self) -> Moved | None:
        """There was too little to do for this level."""
        self._hungry += 1
        if self._way is not _Way.UP or self._hungry < _HUNGRY:
            return None
        return self._back()

    def failed(self) -> Moved | None:
        """An endpoint refused or was away: this is no time to try for more."""
        self._held, self._tried = [], []
        return self._back() if self._way is _Way.UP else None

    @property
    def _windows(self) -> int:
        return 1 if self._doubling else _WINDOWS

    def _drifted(self) -> bool:
        last = self._held[-_DRIFT_WINDOWS:]
        known = self._settled_at
        if not known or len(last) < _DRIFT_WINDOWS:
            return False
        return max(last) < _FELL * known or min(last) > _ROSE * known

    def _begin(self, way: _Way) -> Moved | None:
        """Try more or less; the other way where this one is at its end."""
        for each in (way, _Way.DOWN if way is _Way.UP else _Way.UP):
            level = self._beside(each)
            if level != self.level:
                self._way, self._tried = each, []
                self.level = level
                return Moved(level, settled=False)
        return None

    def _beside(self, way: _Way) -> int:
        if way is _Way.UP:
            factor = _DOUBLE if self._doubling else _MORE
            more = max(round(self.home * factor), self.home + 1)
            return min(more, self.bounds.most)
        return max(int(self.home * _LESS), self.bounds.least)

    def _judged(self, way: _Way, goodput: float) -> Moved | None:
        self._tried.append(goodput)
        if len(self._tried) < self._windows:
            return None
        found = _mean(self._tried)
        if not self._is_better(way, found):
            return self._back()
        self.home, self._base = self.level, found
        self._patience = _PATIENCE
        at_its_end = self._beside(way) == self.level
        return self._settle() if at_its_end else self._begin(way)

    def _is_better(self, way: _Way, found: float) -> bool:
        if way is _Way.DOWN:
            return found >= self._anchor * (1 - _LOSS)
        added = self.level / self.home - 1
        return found >= self._base * (1 + _WORTH * added)

    def _back(self) -> Moved:
        """To where it was before the try that failed."""
        self._patience = min(2 * self._patience, _MOST_PATIENCE)
        return self._settle()

    def _settle(self) -> Moved:
        self._next = _Way.DOWN if self._way is _Way.UP else _Way.UP
        if self._doubling:
            # What was not worth doubling may be worth less: find out soon.
            self._patience = _PATIENCE
        self._way, self._doubling = None, False
        self._held, self._left = [], self._patience
        self._hungry = 0
        self._settled_at = self._base
        self.level = self.home
        return Moved(self.level, settled=True)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
