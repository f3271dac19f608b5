"""What moves between two endpoints, window by window. Pure: the time is told."""

from dataclasses import dataclass

# What a request is worth beside its bytes: so one measure serves large parts, of which
# bytes are what counts, and small objects, of which it is their number.
REQUEST_BYTES = 128 * 1024
# A window is long enough for noise to even out, and holds enough to be counted.
_SHORTEST_SECONDS = 0.5
_FEWEST_REQUESTS = 10
# Long parts end seldom: after a while their bytes are enough.
_LONG_SECONDS = 3.0
_MANY_BYTES = 8 * 1024 * 1024
_LONGEST_SETTLING_SECONDS = 2.0


@dataclass(frozen=True)
class Measure:
    """A window: how many were in flight on average, and what came of it."""

    in_flight: float
    requests_per_second: float
    bytes_per_second: float

    @property
    def goodput(self) -> float:
        """Bytes a second, with what the requests are worth."""
        return self.bytes_per_second + REQUEST_BYTES * self.requests_per_second

    @property
    def seconds_each(self) -> float:
        """How long one takes."""
        if not self.requests_per_second:
            return _LONGEST_SETTLING_SECONDS
        return self.in_flight / self.requests_per_second


class Gauge:
    """Counts what is in flight, what is done, and the bytes that move."""

    def __init__(self) -> None:
        """Nothing is in flight."""
        self.inside = 0
        self._begin(0.0)

    def begin(self, now: float, after: Measure | None = None) -> None:
        """Another window. After a change: once what was in flight before is through."""
        settling = 0.0
        if after is not None:
            settling = min(after.seconds_each, _LONGEST_SETTLING_SECONDS)
        self._begin(now + settling)

    def entered(self, now: float) -> None:
        """One more in flight."""
        if self.inside == 0:
            # What was before is another story.
            self._begin(now)
        self._advance(now)
        self.inside += 1

    def left(self, now: float, *, done: bool) -> None:
        """One less; whether it did what it was to do."""
        self._advance(now)
        self.inside -= 1
        self._requests += done

    def moved(self, count: int) -> None:
        """So many bytes were read."""
        self._bytes += count

    def read(self, now: float, level: int) -> Measure | None:
        """The window, once it tells something about so many at once."""
        self._advance(now)
        seconds = now - self._from if self._open else 0.0
        counted = self._requests >= max(_FEWEST_REQUESTS, level)
        long = seconds >= _LONG_SECONDS and self._bytes >= _MANY_BYTES
        if seconds < _SHORTEST_SECONDS or not (counted or long):
            return None
        return Measure(
            self._area / seconds, self._requests / seconds, self._bytes / seconds
        )

    def _begin(self, at: float) -> None:
        self._from = self._last = at
        self._open = False
        self._area = 0.0
        self._requests = self._bytes = 0

    def _advance(self, now: float) -> None:
        if self._open:
            self._area += self.inside * (now - self._last)
            self._last = now
        elif now >= self._from:
            # What moved until now has settled something, and counts for nothing.
            self._begin(now)
            self._open = True
