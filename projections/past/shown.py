"""What a folded past looks like to whoever asks for it. Pure."""

from dataclasses import asdict
from typing import Final

from domain.segment import Phase
from domain.segment.events import PartsWork
from projections.outlook import outlook, waits_for
from projections.past.fold import Past
from projections.past.views import (
    CallbackOwed,
    DoorCounts,
    FlowState,
    LargeObject,
    Lease,
    SegmentCounts,
)
from projections.past.work import Large, Live, ranges
from projections.views import Flow

# More are not read by anybody; the counts are of all.
MOST_NAMED: Final = 200


def state_of(past: Past) -> FlowState | None:
    """The state as it was; None where the flow did not exist yet."""
    status, at = past.status, past.at
    if status is None or at is None:
        return None
    row = past.progress and asdict(past.progress)
    large = sorted(past.segments.large.values(), key=lambda each: bool(each.outcome))
    return FlowState(
        data_flow_id=past.data_flow_id,
        position=past.position,
        at=at,
        events=past.topics.total(),
        flow=Flow.model_validate(asdict(status)),
        progress=outlook(row, at) if row else None,
        priority=past.flow.priority,
        approved=past.flow.approved,
        resumes=past.flow.resumes,
        final=past.flow.final,
        moves_data=past.flow.moves_data,
        waits_for=waits_for(row) if row else None,
        pages=past.transfer.pages,
        uploads=_uploads(past),
        segments=_counts(past),
        leases=_leases(past),
        large=tuple(_large(each) for each in large[:MOST_NAMED]),
        large_omitted=max(0, len(large) - MOST_NAMED),
        callbacks=tuple(CallbackOwed.model_validate(asdict(e)) for e in past.callbacks),
        door=_door(past),
    )


def _uploads(past: Past) -> int:
    # A completed upload stays in the ledger, and is no upload any more.
    large = past.segments.large
    whole = [name for name, each in large.items() if each.outcome == "copied"]
    return len(past.transfer.uploads) - sum(
        name in past.transfer.uploads for name in whole
    )


def _counts(past: Past) -> SegmentCounts:
    phases = [each.state.phase for each in past.segments.live.values()]
    return SegmentCounts(
        planned=phases.count(Phase.PLANNED),
        leased=phases.count(Phase.LEASED),
        parked=phases.count(Phase.PARKED),
        done=past.segments.over[Phase.DONE],
        failed=past.segments.over[Phase.FAILED],
    )


def _leases(past: Past) -> tuple[Lease, ...]:
    held = [
        (name, each)
        for name, each in past.segments.live.items()
        if each.state.phase is Phase.LEASED
    ]
    held.sort(key=lambda each: each[1].lease_position)
    return tuple(_lease(name, each) for name, each in held[:MOST_NAMED])


def _lease(name: str, live: Live) -> Lease:
    state = live.state
    work = state.planned.work if state.planned else None
    epoch, delivery = state.leased
    parts = work.last - work.first + 1 if isinstance(work, PartsWork) else 0
    return Lease.model_validate(
        {
            "segment": name,
            "worker": state.worker,
            "epoch": epoch,
            "delivery": delivery,
            "leases": state.leases,
            "since": live.leased_at,
            "position": live.lease_position,
            "parts": parts,
            "parts_done": len(state.parts),
            "objects": live.objects,
            "objects_done": len(state.objects) + len(state.deleted),
        }
    )


def _large(each: Large) -> LargeObject:
    planned = each.planned
    return LargeObject(
        object_id=planned.object_id,
        key=planned.source_key,
        destination_key=planned.destination_key,
        size=planned.size_bytes,
        part_size=planned.part_size_bytes or planned.size_bytes,
        parts=len(each.done) - 1,
        parts_done=sum(each.done),
        bytes_done=each.bytes_done,
        done=tuple(ranges(each.done)),
        outcome=each.outcome,
        verdict=each.verdict,
    )


def _door(past: Past) -> DoorCounts:
    door = past.door
    return DoorCounts(
        uploads_open=len(door.uploads),
        parts_received=sum(len(each.parts) for each in door.uploads.values()),
        objects_received=door.received,
        bytes_received=door.received_bytes,
        uploads_aborted=door.aborted,
        reads=door.requests,
        reads_complete=door.served,
        bytes_served=door.served_bytes,
    )
