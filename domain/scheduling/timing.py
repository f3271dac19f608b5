"""When a flow may copy, by when it should be done, and what is due now."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from domain.message import Message
from domain.scheduling.windows import Window, opening

# The error code of a flow that ends because of its deadline.
DEADLINE_EXCEEDED: Final = "transfer.deadline-exceeded"

_MOST_WINDOWS = 24


class DeadlineAction(StrEnum):
    """What becomes of a flow that is not done in time."""

    REPORT = "report"
    FAIL = "fail"


class Reason(StrEnum):
    """Why a flow does not copy yet."""

    NOT_BEFORE = "not-before"
    WINDOW = "window"


def _checked(text: str) -> str:
    Window.parse(text)
    return text


class Timing(Message):
    """What was said of the time of a flow. Without any of it, it copies at once."""

    not_before: AwareDatetime | None = None
    windows: Annotated[
        tuple[Annotated[str, AfterValidator(_checked)], ...],
        Field(max_length=_MOST_WINDOWS),
    ] = ()
    deadline: AwareDatetime | None = None
    deadline_action: DeadlineAction = DeadlineAction.REPORT

    @model_validator(mode="after")
    def _it_can_be_done(self) -> Self:
        if self.deadline and self.not_before and self.deadline <= self.not_before:
            msg = "the deadline must be after notBefore"
            raise ValueError(msg)
        return self


class Act(StrEnum):
    """What a flow's timing asks for now."""

    COPY = "copy"
    DEFER = "defer"
    MISS = "miss"
    FAIL = "fail"


@dataclass(frozen=True)
class Due:
    """What is due now, and when to look again; None: only if something happens.

    `reason` and `opens_at` are those of DEFER.
    """

    act: Act
    again_at: datetime | None = None
    reason: Reason | None = None
    opens_at: datetime | None = None


def due(timing: Timing, now: datetime, *, missed: bool = False) -> Due:
    """What a flow that is not done has to do; `missed`: the deadline is recorded."""
    if timing.deadline is not None and not missed and timing.deadline <= now:
        fails = timing.deadline_action is DeadlineAction.FAIL
        return Due(Act.FAIL if fails else Act.MISS)
    moments = [] if missed or timing.deadline is None else [timing.deadline]
    begins, ends = _open(timing, now)
    if begins > now:
        early = timing.not_before is not None and timing.not_before > now
        reason = Reason.NOT_BEFORE if early else Reason.WINDOW
        return Due(Act.DEFER, min([*moments, begins]), reason, begins)
    moments += [] if ends is None else [ends]
    return Due(Act.COPY, min(moments, default=None))


def _open(timing: Timing, now: datetime) -> tuple[datetime, datetime | None]:
    """From when until when it may copy: the time that is now, or the next."""
    earliest = max(now, (timing.not_before or now).astimezone(UTC))
    if not timing.windows:
        return earliest, None
    begins, ends = opening(timing.windows, earliest)
    return max(begins, earliest), ends
