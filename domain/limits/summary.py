"""The limits of one scope, as they are told to whoever asks."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.limits.terms import Day, Limits, Rates, Window, limits_at


class _Told(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class RatesSummary(_Told):
    """An absent rate is not limited."""

    bytes_per_second: int | None = None
    requests_per_second: float | None = None
    parts_at_once: int | None = None


class WindowSummary(RatesSummary):
    """A line of the timetable."""

    days: tuple[Day, ...]
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    time_zone: str

    @classmethod
    def of(cls, window: Window) -> Self:
        """As it was set."""
        said = window.model_dump(exclude={"rates"})
        return cls.model_validate({**said, **window.rates.model_dump()})


class LimitsSummary(RatesSummary):
    """What was set for the scope, and `now`, which of it holds."""

    scope: str
    timetable: tuple[WindowSummary, ...] = ()
    now: RatesSummary

    @classmethod
    def of(cls, scope: str, limits: Limits, moment: datetime) -> Self:
        """At an aware moment."""
        return cls(
            scope=scope,
            timetable=tuple(WindowSummary.of(each) for each in limits.timetable),
            now=_rates(limits_at(limits, moment)),
            **limits.base.model_dump(),
        )


def _rates(rates: Rates) -> RatesSummary:
    return RatesSummary(**rates.model_dump())
