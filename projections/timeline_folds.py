"""What each event changes in its data flow's timeline: one small function per event."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCreated,
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
)
from domain.location import PlanMode
from domain.message import Event, Recorded
from domain.segment.events import SegmentDone, SegmentFailed
from domain.transfer.events import (
    DeletionsPlanned,
    PagePlanned,
    TransferDeferred,
    TransferPlanned,
    TransferPlanningStarted,
    TransferTakenUp,
    TransferWaiting,
)
from domain.transfer.plan import completion_segment
from projections.copied import COPIED
from projections.flow_states import FINAL_STATES, STATE_AFTER, state_after
from projections.timeline_row import FlowTimeline

_COMPLETION_SUFFIX = completion_segment("")


def _state(row: FlowTimeline, event: Event, recorded: Recorded) -> None:
    row.state = state = state_after(row.state, event)
    row.waiting_for = None
    if isinstance(event, DataFlowCreated):
        row.held = event.options.plan != PlanMode.RUN
    if isinstance(event, DataFlowResumed | DataFlowReady):
        row.error_code = None
    if state in FINAL_STATES:
        row.ended_at = recorded.metadata.occurred_at


def _approved(row: FlowTimeline, _: DataFlowApproved, __: Recorded) -> None:
    row.held = False


def _errored(row: FlowTimeline, event: DataFlowErrored, _: Recorded) -> None:
    row.error_code = event.code


def _waits(row: FlowTimeline, event: TransferWaiting, _: Recorded) -> None:
    row.waiting_for = event.code


def _deferred(row: FlowTimeline, event: TransferDeferred, _: Recorded) -> None:
    row.waiting_for = event.reason


def _taken_up(row: FlowTimeline, _: TransferTakenUp, __: Recorded) -> None:
    row.waiting_for = None


def _planning(
    row: FlowTimeline, _: TransferPlanningStarted, recorded: Recorded
) -> None:
    row.listing_at = recorded.metadata.occurred_at


def _page(
    row: FlowTimeline, event: PagePlanned | DeletionsPlanned, _: Recorded
) -> None:
    row.segments_total += len(event.segments)


def _planned(row: FlowTimeline, event: TransferPlanned, recorded: Recorded) -> None:
    row.listed_at = recorded.metadata.occurred_at
    row.segments_total = event.segments


def _done(row: FlowTimeline, event: SegmentDone | SegmentFailed, _: Recorded) -> None:
    # Completions are not among the segments that the plan counts.
    row.segments_done += not event.segment_id.endswith(_COMPLETION_SUFFIX)


def _copied(row: FlowTimeline, event: Event, recorded: Recorded) -> None:
    size_bytes, objects = COPIED[type(event)](event)
    row.copied(recorded.metadata.occurred_at, size_bytes, objects)


# Each takes the row, an event of its own type, and that event as it is recorded.
FOLDS: Mapping[type[Event], Callable[[FlowTimeline, Any, Recorded], None]] = {
    **dict.fromkeys((*STATE_AFTER, DataFlowReady), _state),
    **dict.fromkeys(COPIED, _copied),
    DataFlowApproved: _approved,
    DataFlowErrored: _errored,
    TransferWaiting: _waits,
    TransferDeferred: _deferred,
    TransferTakenUp: _taken_up,
    TransferPlanningStarted: _planning,
    PagePlanned: _page,
    DeletionsPlanned: _page,
    TransferPlanned: _planned,
    SegmentDone: _done,
    SegmentFailed: _done,
}
