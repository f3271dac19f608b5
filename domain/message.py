"""The base of everything that is recorded or sent, and what travels beside it."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Message(BaseModel):
    """A frozen value with no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def without_nulls(data: object) -> object:
    """A JSON object without its nulls: on the wire, null means absent."""
    if not isinstance(data, Mapping):
        return data
    fields = cast("Mapping[str, object]", data)
    return {key: value for key, value in fields.items() if value is not None}


class Event(Message):
    """A fact. `TOPIC` is its name in the log: written by us, versioned, for ever."""

    TOPIC: ClassVar[str]


class Cause(Message):
    """Who made something happen, when, and in answer to what.

    `occurred_at` is the time at which the cause says it happened; the time at which
    it was stored is the log's own (`Metadata.recorded_at`). `agreement_id` names the
    agreement that it is done under, where there is one.
    """

    causation_id: str
    correlation_id: str
    actor: str
    occurred_at: datetime
    agreement_id: str = Field(default="", exclude_if=lambda value: not value)


class Metadata(Cause):
    """What the log keeps beside each event."""

    event_id: UUID
    recorded_at: datetime

    def follow(self, actor: str, occurred_at: datetime) -> Cause:
        """The cause for whatever this event makes `actor` do."""
        return Cause(
            causation_id=str(self.event_id),
            correlation_id=self.correlation_id,
            actor=actor,
            occurred_at=occurred_at,
            agreement_id=self.agreement_id,
        )


class Recorded(Message):
    """An event as the log holds it: where it stands, and what travels beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    stream: UUID
    version: int
    position: int
    metadata: Metadata
    event: Event
