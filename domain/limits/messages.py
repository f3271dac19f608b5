"""SetLimitsMessage and ClearLimitsMessage: how an operator speaks of limits."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from domain.limits.scopes import checked
from domain.limits.terms import EVERY_DAY, Clock, Day, Limits, Rates, TimeZone, Window
from domain.signaling import IncomingMessage

_MOST_WINDOWS = 100

Whole = Annotated[int, Field(gt=0, strict=True)]
Number = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Scope = Annotated[str, Field(max_length=300), AfterValidator(checked)]


class _RatesMessage(IncomingMessage):
    # A name that is not known may be a limit that is meant: it is not passed over.
    model_config = ConfigDict(extra="forbid")

    bytes_per_second: Whole | None = None
    requests_per_second: Number | None = None
    parts_at_once: Whole | None = None

    @property
    def rates(self) -> Rates:
        """What holds."""
        return Rates(
            bytes_per_second=self.bytes_per_second,
            requests_per_second=self.requests_per_second,
            parts_at_once=self.parts_at_once,
        )


class WindowMessage(_RatesMessage):
    """A line of the timetable: its rates hold in place of the others."""

    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=7)] = EVERY_DAY
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    time_zone: TimeZone = "UTC"

    @property
    def window(self) -> Window:
        """As it is recorded."""
        return Window(
            # In the order of the week, each once: the same days are the same window.
            days=tuple(day for day in EVERY_DAY if day in self.days),
            start=self.start,
            end=self.end,
            time_zone=self.time_zone,
            rates=self.rates,
        )


class SetLimitsMessage(_RatesMessage):
    """These limits hold for the scope, in place of those that were."""

    scope: Scope
    timetable: Annotated[
        tuple[WindowMessage, ...], Field(max_length=_MOST_WINDOWS)
    ] = ()

    @property
    def limits(self) -> Limits:
        """As they are recorded."""
        windows = tuple(each.window for each in self.timetable)
        return Limits(base=self.rates, timetable=windows)


class ClearLimitsMessage(IncomingMessage):
    """Nothing limits the scope any more."""

    scope: Scope
