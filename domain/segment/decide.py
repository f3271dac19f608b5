"""Decides what a worker may add to a segment's journal."""

from typing import Any, assert_never

from domain.errors import FencedError, IllegalTransitionError
from domain.segment.commands import (
    FailSegment,
    FinishSegment,
    LeaseSegment,
    ParkSegment,
    RecordCircuitClosed,
    RecordCircuitOpened,
    RecordConcurrency,
    RecordDeletions,
    RecordObject,
    RecordObjects,
    RecordPace,
    RecordPart,
    SegmentCommand,
)
from domain.segment.events import (
    ConcurrencyTuned,
    DeletionWork,
    EndpointCircuitClosed,
    EndpointCircuitOpened,
    ObjectCopied,
    ObjectsCopied,
    ObjectsDeleted,
    PackWork,
    PartCopied,
    PartsWork,
    SegmentDone,
    SegmentEvent,
    SegmentFailed,
    SegmentLeased,
    SegmentPaced,
    SegmentParked,
    Work,
)
from domain.segment.state import Phase, Segment


def decide(command: SegmentCommand, segment: Segment) -> tuple[SegmentEvent, ...]:
    """The events to append; none where the journal holds them already.

    Raises FencedError to a worker that no longer has the lease, and
    IllegalTransitionError where there is nothing to lease, something is missing, or
    what is recorded is not of this segment's work.
    """
    planned = segment.planned
    if planned is None:
        raise IllegalTransitionError("there is no such segment")
    same = {"data_flow_id": planned.data_flow_id, "segment_id": planned.segment_id}
    if isinstance(command, LeaseSegment):
        _require_latest(command, segment)
        return () if segment.over else (SegmentLeased(**same, **dict(command)),)
    if _is_repeated_end(command, segment):
        return ()
    if segment.phase is not Phase.LEASED or segment.worker != command.worker:
        raise FencedError("the segment's lease belongs to another worker")
    _require_own_work(command, planned.work)
    match command:
        case RecordPart() | RecordObjects() | RecordObject() | RecordDeletions():
            return _recorded(command, segment, same)
        case FinishSegment():
            _require_complete(planned.work, segment)
            return (SegmentDone(**same),)
        case ParkSegment():
            return (SegmentParked(**same, **command.model_dump(exclude={"worker"})),)
        case (
            RecordPace()
            | RecordConcurrency()
            | RecordCircuitOpened()
            | RecordCircuitClosed()
        ):
            return (_seen(command, same),)
        case FailSegment(code=code, detail=detail):
            return (SegmentFailed(**same, code=code, detail=detail),)
        case _:
            assert_never(command)


def _recorded(
    command: RecordPart | RecordObjects | RecordObject | RecordDeletions,
    segment: Segment,
    same: dict[str, str],
) -> tuple[SegmentEvent, ...]:
    """What the journal does not hold yet of what was done."""
    match command:
        case RecordPart():
            if command.part_number in segment.parts:
                return ()
            return (PartCopied(**same, **command.model_dump(exclude={"worker"})),)
        case RecordObjects(objects=objects):
            new = tuple(o for o in objects if o.object_id not in segment.objects)
            return (ObjectsCopied(**same, objects=new),) if new else ()
        case RecordObject(object=outcome):
            if outcome.object_id in segment.objects:
                return ()
            return (ObjectCopied(**same, object=outcome),)
        case RecordDeletions(objects=deleted):
            fresh = tuple(o for o in deleted if o.object_id not in segment.deleted)
            return (ObjectsDeleted(**same, objects=fresh),) if fresh else ()
        case _:
            assert_never(command)


def _seen(
    command: RecordPace | RecordConcurrency | RecordCircuitOpened | RecordCircuitClosed,
    same: dict[str, str],
) -> SegmentEvent:
    """What the worker has seen of an endpoint."""
    said: dict[str, Any] = {**same, **command.model_dump(exclude={"worker"})}
    match command:
        case RecordPace():
            return SegmentPaced(**said)
        case RecordConcurrency():
            return ConcurrencyTuned(**said)
        case RecordCircuitOpened():
            return EndpointCircuitOpened(**said)
        case RecordCircuitClosed():
            return EndpointCircuitClosed(**said)
        case _:
            assert_never(command)


def _is_repeated_end(command: SegmentCommand, segment: Segment) -> bool:
    """Whether the worker that finished the segment says so again."""
    return (
        isinstance(command, FinishSegment)
        and segment.phase is Phase.DONE
        and segment.worker == command.worker
    )


def _require_own_work(command: SegmentCommand, work: Work) -> None:
    match command:
        case RecordPart(part_number=number):
            if not isinstance(work, PartsWork) or not work.first <= number <= work.last:
                raise IllegalTransitionError("the part is not of this segment")
        case RecordObjects(objects=objects):
            packed = work.objects if isinstance(work, PackWork) else ()
            if {o.object_id for o in objects} - {o.object_id for o in packed}:
                raise IllegalTransitionError("an object is not of this segment")
        case RecordDeletions(objects=deleted):
            doomed = work.objects if isinstance(work, DeletionWork) else ()
            if {o.object_id for o in deleted} - {o.object_id for o in doomed}:
                raise IllegalTransitionError("an object is not of this segment")
        case _:
            pass


def _require_complete(work: Work, segment: Segment) -> None:
    uncompleted = work.kind == "completion" and not segment.objects
    missing = segment.missing_objects() or segment.missing_deletions()
    if segment.missing_parts() or missing or uncompleted:
        raise IllegalTransitionError("the segment's journal is not complete")


def _require_latest(command: LeaseSegment, segment: Segment) -> None:
    """A delivery may have waited in a worker until it was delivered to another, too."""
    stale = (command.epoch, command.delivery) < segment.leased
    if stale and segment.phase is Phase.LEASED:
        raise FencedError("a later delivery of the segment has the lease")
