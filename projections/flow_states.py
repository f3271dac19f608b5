"""What the read models share of a data flow: its id, and its state after each event."""

from collections.abc import Mapping
from typing import get_args

from domain.callback.events import CallbackEvent
from domain.data_flow import BEGINNINGS, READY, DataFlowEvent, State
from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowReady,
    DataFlowResumed,
    DataFlowStartConfirmed,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.message import Event, Recorded
from domain.segment import SegmentEvent
from domain.transfer import TransferEvent
from projections.rows import key

LogEvent = DataFlowEvent | TransferEvent | SegmentEvent | CallbackEvent

DATA_FLOW_EVENTS: tuple[type[Event], ...] = get_args(DataFlowEvent)

# `errored` is not among them: it changes no state (DPS).
STATE_AFTER: Mapping[type[Event], State] = {
    **{event: state for event, (_, state) in BEGINNINGS.items()},
    DataFlowStartConfirmed: State.STARTED,
    DataFlowSuspended: State.SUSPENDED,
    DataFlowResumed: State.STARTED,
    DataFlowTerminated: State.TERMINATED,
    DataFlowCompleted: State.COMPLETED,
}

FINAL_STATES = frozenset({State.COMPLETED, State.TERMINATED})


def is_about_a_flow(recorded: Recorded) -> bool:
    """Whether an event names a data flow; that of a control plane does not."""
    return bool(getattr(recorded.event, "data_flow_id", None))


def state_after(before: str, event: Event) -> State:
    """The state after an event that changes it, or the one before."""
    state = State(before)
    if isinstance(event, DataFlowReady):
        return READY[state]
    return STATE_AFTER.get(type(event), state)


def flow_of(recorded: Recorded) -> str:
    """The key of the data flow that an event belongs to."""
    return key(recorded.event.data_flow_id)  # type: ignore[attr-defined]
