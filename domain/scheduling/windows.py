"""Daily windows of time in a zone: `22:00-06:00 Europe/Berlin`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

_CLOCK = r"((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)"
_FORM = re.compile(rf"{_CLOCK}-(?:{_CLOCK}|24:00) ([A-Za-z0-9_+/-]{{1,64}})", re.ASCII)
_DAY = timedelta(days=1)
# Yesterday's may last until today; the next after a gap begins tomorrow at the latest,
# or, where a clock change swallows that one, the day after.
_DAYS_AROUND = (-1, 0, 1, 2)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Window:
    """From a time of the day, by the clocks of the zone, to another: maybe next day."""

    begins: time
    ends: time
    zone: ZoneInfo

    @classmethod
    @lru_cache(maxsize=256)
    def parse(cls, text: str) -> "Window":
        """Raises ValueError."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError("a window is like 22:00-06:00 Europe/Berlin")
        said, until, name = match.groups()
        try:
            # A table of the library, the same for everybody: as good as a constant.
            zone = ZoneInfo(name)
        except (KeyError, OSError, ValueError):
            raise ValueError("a window's time zone is like Europe/Berlin") from None
        begins, ends = time.fromisoformat(said), time.fromisoformat(until or "00:00")
        if begins == ends and until:
            raise ValueError("a window ends at another time than it begins")
        return cls(begins, ends, zone)

    def on(self, day: date) -> Interval:
        """Where it begins and ends, in UTC, if it begins on that day."""
        until = day if self.begins < self.ends else day + _DAY
        begins = datetime.combine(day, self.begins, self.zone)
        ends = datetime.combine(until, self.ends, self.zone)
        return begins.astimezone(UTC), ends.astimezone(UTC)

    def around(self, moment: datetime) -> Iterator[Interval]:
        """Those that the moment is in, or that are next."""
        today = moment.astimezone(self.zone).date()
        for days in _DAYS_AROUND:
            begins, ends = self.on(today + days * _DAY)
            # An hour that the clocks leave out is no window.
            if begins < ends:
                yield begins, ends


def opening(windows: Sequence[str], moment: datetime) -> Interval:
    """The one that the moment is in, else the next; those that touch are one.

    One that never ends is told as far as it was looked at.
    """
    found = sorted(
        each for text in windows for each in Window.parse(text).around(moment)
    )
    return min(each for each in _joined(found) if each[1] > moment)


def _joined(intervals: Sequence[Interval]) -> Iterator[Interval]:
    reach = intervals[0][1]
    number = 0
    numbered: list[tuple[int, Interval]] = []
    for begins, ends in intervals:
        number += begins > reach
        reach = max(reach, ends)
        numbered.append((number, (begins, ends)))
    for _, group in groupby(numbered, key=lambda each: each[0]):
        run = [each for _, each in group]
        yield run[0][0], max(ends for _, ends in run)
