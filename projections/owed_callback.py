"""A row of `outbox`: one callback, owed because of one event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.callback.events import (
    CallbackAttemptFailed,
    CallbackDelivered,
    CallbackKind,
)
from domain.data_flow import DataFlow, State
from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowReady,
)
from domain.message import Event, Recorded
from domain.signaling import StatusMessage


class CallbackState(StrEnum):
    """What is to be done about it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DROPPED = "dropped"


@dataclass(slots=True)
class OwedCallback:
    """`body` is the protocol's DataFlowStatusMessage, ready to send."""

    data_flow_id: str
    sequence: int
    kind: str
    about: UUID
    message_id: str
    callback_address: str
    body: Mapping[str, Any]
    state: str
    attempts: int
    last_error: str | None
    next_attempt_at: datetime
    created_at: datetime
    position: int
    control_plane_id: str
    agreement_id: str

    def tried(self, event: CallbackDelivered | CallbackAttemptFailed) -> None:
        """Note how an attempt went. A dropped one stays so unless it got through."""
        self.attempts = event.attempt
        if isinstance(event, CallbackDelivered):
            self.state, self.last_error = CallbackState.DELIVERED, None
        else:
            self.last_error = event.detail
            self.next_attempt_at = event.next_attempt_at

    def drop(self) -> None:
        """The control plane has ended the flow: it does not want to hear of it."""
        if self.state == CallbackState.PENDING:
            self.state = CallbackState.DROPPED


def is_owed(event: Event) -> bool:
    """Whether the control plane is to be told of the event.

    Not of what it told us itself; and what a message was answered at once (a prepare,
    a start that needed no time) needs no callback.
    """
    match event:
        case DataFlowCompleted(by=by):
            return by == "plane"
        case DataFlowErrored() | DataFlowReady():
            return True
        case _:
            return False


_KINDS = {
    State.PREPARED: CallbackKind.PREPARED,
    State.STARTED: CallbackKind.STARTED,
    State.COMPLETED: CallbackKind.COMPLETED,
}


def owe(
    flow: DataFlow, cause: Recorded, data_flow_id: str, sequence: int
) -> OwedCallback:
    """The callback that the event causes; `flow` is as the event left it."""
    message_id = str(cause.metadata.event_id)
    error, address = None, None
    if isinstance(cause.event, DataFlowErrored):
        error = f"{cause.event.code}: {cause.event.detail}"
    if isinstance(cause.event, DataFlowReady):
        address = flow.reply_address
    body = StatusMessage(
        message_id=message_id,
        data_flow_id=flow.data_flow_id,
        state=flow.state,
        data_address=address,
        error=error,
    )
    return OwedCallback(
        data_flow_id=data_flow_id,
        sequence=sequence,
        kind=CallbackKind.ERRORED if error else _KINDS[flow.state],
        about=cause.metadata.event_id,
        message_id=message_id,
        callback_address=(flow.terms and flow.terms.callback_address) or "",
        body=body.wire(),
        state=CallbackState.PENDING,
        attempts=0,
        last_error=None,
        next_attempt_at=cause.metadata.recorded_at,
        created_at=cause.metadata.recorded_at,
        position=cause.position,
        control_plane_id=(flow.terms and flow.terms.control_plane_id) or "",
        agreement_id=flow.agreement_id,
    )
