"""The planner's own memory, as the transfer's events left it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from domain.transfer.events import (
    MultipartUploadAborted,
    MultipartUploadCreated,
    MultipartUploadLeft,
    ObjectPlanned,
    PagePlanned,
    PlannedObject,
    TransferCompleted,
    TransferEvent,
    TransferFailed,
    TransferPlanned,
    TransferPlanningStarted,
    TransferWaiting,
)


@dataclass(frozen=True)
class Transfer:
    """How far the planning is, and which uploads the ledger holds."""

    started: bool = False
    pages: int = 0
    cursor: str | None = None
    objects: int = 0
    size_bytes: int = 0
    parts: int = 0
    segments: int = 0
    requests: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])
    planned: bool = False
    ended: bool = False
    failed_objects: int = 0
    # After how many resumes of the flow it came to wait, the last time.
    waited_at: int | None = None
    # Of the page in hand: what was decided before it was recorded as a whole.
    pending: Mapping[str, ObjectPlanned] = field(
        default_factory=dict[str, ObjectPlanned]
    )
    uploads: Mapping[str, str] = field(default_factory=dict[str, str])
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    # Large objects of a plan that waits, or waited, for its approval: no upload yet.
    held: Mapping[str, PlannedObject] = field(default_factory=dict[str, PlannedObject])


INITIAL = Transfer()


def evolve(transfer: Transfer, event: TransferEvent) -> Transfer:
    """The transfer after the event."""
    match event:
        case TransferPlanningStarted():
            return replace(transfer, started=True)
        case ObjectPlanned(object=planned):
            return replace(
                transfer,
                pending={**transfer.pending, planned.object_id: event},
                keys={**transfer.keys, planned.object_id: planned.destination_key},
            )
        case MultipartUploadCreated():
            return _created(transfer, event)
        case (
            MultipartUploadAborted(object_id=object_id, upload_id=upload_id)
            | MultipartUploadLeft(object_id=object_id, upload_id=upload_id)
        ):
            # A lost upload of an object may be aborted after its next one began.
            aborted = (object_id, upload_id)
            uploads = dict(each for each in transfer.uploads.items() if each != aborted)
            return replace(transfer, uploads=uploads)
        case PagePlanned():
            return _paged(transfer, event)
        case TransferPlanned():
            return replace(transfer, planned=True)
        case TransferWaiting(resumes=resumes):
            return replace(transfer, waited_at=resumes)
        case TransferFailed():
            return replace(transfer, ended=True)
        case TransferCompleted(failed_objects=failed):
            return replace(transfer, ended=True, failed_objects=failed)
        case _:
            assert_never(event)


def _created(transfer: Transfer, event: MultipartUploadCreated) -> Transfer:
    uploads = {**transfer.uploads, event.object_id: event.upload_id}
    if event.object_id not in transfer.held:
        return replace(transfer, uploads=uploads)
    # Its journals were stored with this event: nothing of it is undecided any more.
    held, pending = dict(transfer.held), dict(transfer.pending)
    del held[event.object_id]
    pending.pop(event.object_id, None)
    return replace(transfer, uploads=uploads, held=held, pending=pending)


def _paged(transfer: Transfer, event: PagePlanned) -> Transfer:
    skipped = Counter(transfer.skipped)
    skipped.update(event.skipped)
    return replace(
        transfer,
        pages=event.page + 1,
        cursor=event.cursor,
        objects=transfer.objects + event.objects,
        size_bytes=transfer.size_bytes + event.size_bytes,
        parts=transfer.parts + event.parts,
        segments=transfer.segments + len(event.segments),
        requests=transfer.requests + event.requests,
        skipped=dict(skipped),
        pending={},
        held={**transfer.held, **{each.object_id: each for each in event.held}},
    )
