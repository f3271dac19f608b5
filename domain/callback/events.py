"""The journal of a flow's callbacks; `about` is the id of the event they tell of."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.message import Event


class CallbackKind(StrEnum):
    """The last word of the callback's path."""

    PREPARED = "prepared"
    STARTED = "started"
    COMPLETED = "completed"
    ERRORED = "errored"


class _CallbackEvent(Event):
    data_flow_id: str
    kind: CallbackKind
    about: UUID
    attempt: int


class CallbackDelivered(_CallbackEvent):
    """The control plane answered with a 2xx."""

    TOPIC: ClassVar[str] = "callback.delivered.v1"


class CallbackAttemptFailed(_CallbackEvent):
    """It did not; the next attempt is at `next_attempt_at`."""

    TOPIC: ClassVar[str] = "callback.attempt-failed.v1"
    detail: str
    next_attempt_at: datetime


CallbackEvent = CallbackDelivered | CallbackAttemptFailed
