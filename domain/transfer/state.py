"""The planner's own memory, as the transfer's events left it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from domain.transfer.events import (
    MultipartUploadAborted,
    MultipartUploadCreated,
    ObjectPlanned,
    PagePlanned,
    TransferCompleted,
    TransferEvent,
    TransferFailed,
    TransferPlanned,
    TransferPlanningStarted,
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
    planned: bool = False
    ended: bool = False
    # Of the page in hand: what was decided before it was recorded as a whole.
    pending: Mapping[str, ObjectPlanned] = field(
        default_factory=dict[str, ObjectPlanned]
    )
    uploads: Mapping[str, str] = field(default_factory=dict[str, str])
    keys: Mapping[str, str] = field(default_factory=dict[str, str])


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
        case MultipartUploadCreated(object_id=object_id, upload_id=upload_id):
            uploads = {**transfer.uploads, object_id: upload_id}
            return replace(transfer, uploads=uploads)
        case MultipartUploadAborted(object_id=object_id, upload_id=upload_id):
            # A lost upload of an object may be aborted after its next one began.
            aborted = (object_id, upload_id)
            uploads = dict(each for each in transfer.uploads.items() if each != aborted)
            return replace(transfer, uploads=uploads)
        case PagePlanned():
            return replace(
                transfer,
                pages=event.page + 1,
                cursor=event.cursor,
                objects=transfer.objects + event.objects,
                size_bytes=transfer.size_bytes + event.size_bytes,
                parts=transfer.parts + event.parts,
                segments=transfer.segments + len(event.segments),
                pending={},
            )
        case TransferPlanned():
            return replace(transfer, planned=True)
        case TransferFailed() | TransferCompleted():
            return replace(transfer, ended=True)
        case _:
            assert_never(event)
