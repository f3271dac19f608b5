"""What each event adds to its data flow's progress: one small function per event."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from domain.data_flow import State
from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCreated,
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
)
from domain.location import PlanMode
from domain.message import Event, Recorded
from domain.segment.events import (
    ObjectCopied,
    ObjectsCopied,
    PartCopied,
    SegmentDone,
    SegmentFailed,
    SegmentLeased,
)
from domain.transfer.events import (
    PagePlanned,
    TransferCompleted,
    TransferDeferred,
    TransferPlanned,
    TransferPlanningStarted,
    TransferTakenUp,
    TransferWaiting,
)
from domain.transfer.plan import completion_segment
from projections.deletion_folds import DELETION_FOLDS
from projections.flow_states import FINAL_STATES, STATE_AFTER, state_after
from projections.forecast import sampled
from projections.progress_row import PHASES, Phase, TransferProgress

_FIRST_LEASE_VERSION = 2
_COMPLETION_SUFFIX = completion_segment("")


def _state(row: TransferProgress, event: Event, recorded: Recorded) -> None:
    state = state_after(row.state, event)
    row.state = state
    row.recent, row.waiting_for, row.waiting_until = (), None, None
    if isinstance(event, DataFlowCreated):
        row.plan = event.options.plan
    _set_phase(row)
    if isinstance(event, DataFlowResumed | DataFlowReady):
        row.error_code = None
    if state in FINAL_STATES:
        row.finished_at = recorded.metadata.occurred_at


def _set_phase(row: TransferProgress) -> None:
    phase = PHASES.get(State(row.state), Phase.WAITING)
    held = row.plan != PlanMode.RUN and not row.approved
    if phase is Phase.RUNNING and held and row.listing_complete:
        phase = Phase.PLANNED
    row.phase = phase


def _approved(row: TransferProgress, _: DataFlowApproved, __: Recorded) -> None:
    row.approved = True
    _set_phase(row)


def _errored(row: TransferProgress, event: DataFlowErrored, _: Recorded) -> None:
    row.error_code, row.phase = event.code, Phase.ERRORED


def _waits(row: TransferProgress, event: TransferWaiting, _: Recorded) -> None:
    row.recent, row.waiting_for = (), event.code


def _deferred(row: TransferProgress, event: TransferDeferred, _: Recorded) -> None:
    row.recent, row.waiting_for, row.waiting_until = (), event.reason, event.until


def _taken_up(row: TransferProgress, _: TransferTakenUp, __: Recorded) -> None:
    row.waiting_for = row.waiting_until = None


def _sample(row: TransferProgress, recorded: Recorded) -> None:
    copied = row.bytes_copied, row.objects_copied
    row.recent = sampled(row.recent, recorded.metadata.occurred_at, copied)


def _planning(
    row: TransferProgress, _: TransferPlanningStarted, recorded: Recorded
) -> None:
    row.started_at = recorded.metadata.occurred_at


def _page(row: TransferProgress, event: PagePlanned, _: Recorded) -> None:
    row.objects_total += event.objects
    row.bytes_total += event.size_bytes
    row.parts_total += event.parts
    row.segments_total += len(event.segments)
    row.requests_total += event.requests
    row.skipped = dict(Counter(row.skipped) + Counter(event.skipped))


def _planned(row: TransferProgress, event: TransferPlanned, _: Recorded) -> None:
    row.listing_complete = True
    row.objects_total, row.bytes_total = event.objects, event.size_bytes
    row.parts_total, row.segments_total = event.parts, event.segments
    row.requests_total, row.skipped = event.requests, dict(event.skipped)
    if row.phase == Phase.RUNNING:
        _set_phase(row)


def _completed(row: TransferProgress, event: TransferCompleted, _: Recorded) -> None:
    row.transfer_complete = True
    row.objects_failed = event.failed_objects


def _leased(row: TransferProgress, _: SegmentLeased, recorded: Recorded) -> None:
    row.leases += 1
    if not row.recent:
        _sample(row, recorded)
    # The journal's first event is its plan; a lease after the second is a retry.
    row.repeated_leases += recorded.version > _FIRST_LEASE_VERSION


def _part(row: TransferProgress, event: PartCopied, recorded: Recorded) -> None:
    row.parts_copied += 1
    row.bytes_copied += event.length_bytes
    _sample(row, recorded)


def _objects(row: TransferProgress, event: ObjectsCopied, recorded: Recorded) -> None:
    copied = [each.size_bytes for each in event.objects if each.error is None]
    row.objects_copied += len(copied)
    row.bytes_copied += sum(copied)
    _sample(row, recorded)


def _object(row: TransferProgress, event: ObjectCopied, recorded: Recorded) -> None:
    # Its bytes were counted part by part.
    row.objects_copied += event.object.error is None
    _sample(row, recorded)


def _done(row: TransferProgress, event: SegmentDone, _: Recorded) -> None:
    # Completions are not among the segments that the plan counts.
    row.segments_done += not event.segment_id.endswith(_COMPLETION_SUFFIX)


def _failed(row: TransferProgress, event: SegmentFailed, _: Recorded) -> None:
    row.segments_failed += not event.segment_id.endswith(_COMPLETION_SUFFIX)


# Each takes the row, an event of its own type, and that event as it is recorded.
FOLDS: Mapping[type[Event], Callable[[TransferProgress, Any, Recorded], None]] = {
    **dict.fromkeys((*STATE_AFTER, DataFlowReady), _state),
    **DELETION_FOLDS,
    DataFlowApproved: _approved,
    DataFlowErrored: _errored,
    TransferWaiting: _waits,
    TransferDeferred: _deferred,
    TransferTakenUp: _taken_up,
    TransferPlanningStarted: _planning,
    PagePlanned: _page,
    TransferPlanned: _planned,
    TransferCompleted: _completed,
    SegmentLeased: _leased,
    PartCopied: _part,
    ObjectsCopied: _objects,
    ObjectCopied: _object,
    SegmentDone: _done,
    SegmentFailed: _failed,
}


def fold(row: TransferProgress, recorded: Recorded) -> None:
    """Add one event, of a type in FOLDS, to its row."""
    row.updated_at, row.position = recorded.metadata.recorded_at, recorded.position
    FOLDS[type(recorded.event)](row, recorded.event, recorded)
