"""What a limit says, and which of its rates holds at a moment."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from domain.message import Message


class Day(StrEnum):
    """A day of the week, as a window names it; in the order of `date.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


EVERY_DAY = tuple(Day)
_A_DAY = timedelta(days=1)


def _zone(name: str) -> tzinfo:
    # Without a database of zones there is still this one.
    return UTC if name == "UTC" else ZoneInfo(name)


def _known_zone(name: str) -> str:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = "is no known time zone"
        raise ValueError(msg) from None
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
# An hour and a minute of the day, as a clock on the wall shows them.
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Rates(Message):
    """At most so much, over all workers together; None: as much as goes."""

    bytes_per_second: Annotated[int, Field(gt=0)] | None = None
    requests_per_second: Annotated[float, Field(gt=0)] | None = None
    parts_at_once: Annotated[int, Field(gt=0)] | None = None


NONE = Rates()


class Window(Message):
    """From `start` to `end` on these days, `rates` stand in place of the others.

    A window that ends no later than it starts ends on the day after: it belongs to the
    day that it starts on.
    """

    days: tuple[Day, ...] = EVERY_DAY
    start: Clock
    end: Clock
    time_zone: TimeZone = "UTC"
    rates: Rates

    def holds_at(self, moment: datetime) -> bool:
        """Whether an aware moment is in it."""
        local = moment.astimezone(_zone(self.time_zone))
        now, today = local.time().replace(tzinfo=None), local.date()
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        if start < end:
            return self._on(today.weekday()) and start <= now < end
        # Until midnight by today's window, from midnight by yesterday's.
        yesterday = today - _A_DAY
        return (self._on(today.weekday()) and now >= start) or (
            self._on(yesterday.weekday()) and now < end
        )

    def _on(self, weekday: int) -> bool:
        return EVERY_DAY[weekday] in self.days


class Limits(Message):
    """`base`, and the windows of a timetable in which other rates hold."""

    base: Rates = NONE
    timetable: tuple[Window, ...] = ()


UNLIMITED = Limits()


def limits_at(limits: Limits, moment: datetime) -> Rates:
    """The rates at an aware moment: those of the first window that it is in."""
    for window in limits.timetable:
        if window.holds_at(moment):
            return window.rates
    return limits.base
