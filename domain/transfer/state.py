"""The planner's own memory, as the transfer's events left it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from domain.message import Event
from domain.transfer.events import (
    DeletionsPlanned,
    DeletionsReleased,
    DeletionsWithheld,
    MultipartUploadAborted,
    MultipartUploadCreated,
    MultipartUploadLeft,
    ObjectPlanned,
    PagePlanned,
    PlannedObject,
    TransferCompleted,
    TransferDeadlineMissed,
    TransferDeferred,
    TransferEvent,
    TransferFailed,
    TransferPlanned,
    TransferPlanningStarted,
    TransferTakenUp,
    TransferWaiting,
)
from domain.transfer.ledger import Ledger


@dataclass(frozen=True)
class Deletions:
    """What is extra at the destination, as far as both listings were compared.

    `complete`: to their ends. `settled`: they were released, or withheld for good.
    """

    pages: int = 0
    cursor: str | None = None
    listed: int = 0
    deletes: int = 0
    size_bytes: int = 0
    digest: str = ""
    complete: bool = False
    settled: bool = False


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
    deletions: Deletions = field(default_factory=Deletions)
    planned: bool = False
    ended: bool = False
    failed_objects: int = 0
    # After how many resumes of the flow it came to wait, the last time.
    waited_at: int | None = None
    deferred: bool = False
    deadline_missed: bool = False
    # Of the page in hand: what was decided before it was recorded as a whole.
    pending: Mapping[str, ObjectPlanned] = field(
        default_factory=dict[str, ObjectPlanned]
    )
    # Of all large objects, as many as there are.
    uploads: Ledger[str] = field(default_factory=Ledger[str])
    keys: Ledger[str] = field(default_factory=Ledger[str])
    # Large objects of a plan that waits, or waited, for its approval: no upload yet.
    held: Ledger[PlannedObject] = field(default_factory=Ledger[PlannedObject])


INITIAL = Transfer()


_CHANGES: Mapping[type[Event], dict[str, Any]] = {
    TransferPlanningStarted: {"started": True},
    TransferPlanned: {"planned": True},
    TransferDeferred: {"deferred": True},
    TransferTakenUp: {"deferred": False},
    TransferDeadlineMissed: {"deadline_missed": True},
    TransferFailed: {"ended": True},
}


def evolve(transfer: Transfer, event: TransferEvent) -> Transfer:
    """The transfer after the event."""
    match event:
        case ObjectPlanned(object=planned):
            return replace(
                transfer,
                pending={**transfer.pending, planned.object_id: event},
                keys=transfer.keys.with_(planned.object_id, planned.destination_key),
            )
        case MultipartUploadCreated():
            return _created(transfer, event)
        case (
            MultipartUploadAborted(object_id=object_id, upload_id=upload_id)
            | MultipartUploadLeft(object_id=object_id, upload_id=upload_id)
        ):
            # A lost upload of an object may be aborted after its next one began.
            if transfer.uploads.get(object_id) != upload_id:
                return transfer
            return replace(transfer, uploads=transfer.uploads.without(object_id))
        case PagePlanned():
            return _paged(transfer, event)
        case DeletionsPlanned() | DeletionsReleased() | DeletionsWithheld():
            return _doomed(transfer, event)
        case TransferWaiting(resumes=resumes):
            return replace(transfer, waited_at=resumes)
        case (
            TransferPlanningStarted()
            | TransferPlanned()
            | TransferDeferred()
            | TransferTakenUp()
            | TransferDeadlineMissed()
            | TransferFailed()
        ):
            return replace(transfer, **_CHANGES[type(event)])
        case TransferCompleted(failed_objects=failed):
            return replace(transfer, ended=True, failed_objects=failed)
        case _:
            assert_never(event)


def _created(transfer: Transfer, event: MultipartUploadCreated) -> Transfer:
    uploads = transfer.uploads.with_(event.object_id, event.upload_id)
    if event.object_id not in transfer.held:
        return replace(transfer, uploads=uploads)
    # Its journals were stored with this event: nothing of it is undecided any more.
    held, pending = transfer.held.without(event.object_id), dict(transfer.pending)
    pending.pop(event.object_id, None)
    return replace(transfer, uploads=uploads, held=held, pending=pending)


def _paged(transfer: Transfer, event: PagePlanned) -> Transfer:
    skipped = Counter(transfer.skipped)
    skipped.update(event.skipped)
    held = transfer.held
    for each in event.held:
        held = held.with_(each.object_id, each)
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
        held=held,
    )


def _doomed(
    transfer: Transfer, event: DeletionsPlanned | DeletionsReleased | DeletionsWithheld
) -> Transfer:
    before = transfer.deletions
    if not isinstance(event, DeletionsPlanned):
        return replace(transfer, deletions=replace(before, settled=True))
    found = replace(
        before,
        pages=event.page + 1,
        cursor=event.cursor,
        listed=before.listed + event.listed,
        deletes=before.deletes + event.deletes,
        size_bytes=before.size_bytes + event.size_bytes,
        digest=event.digest,
        complete=event.cursor is None,
    )
    segments = transfer.segments + len(event.segments)
    return replace(transfer, deletions=found, segments=segments)
