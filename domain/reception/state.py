"""An upload as its stream left it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from domain.reception.events import (
    Kind,
    ObjectReceived,
    PartReceived,
    ReceptionEvent,
    UploadAborted,
    UploadLeft,
    UploadOpened,
    UploadPlanned,
)


class Phase(StrEnum):
    """Where an upload stands."""

    UNKNOWN = "unknown"
    OPEN = "open"
    RECEIVED = "received"
    ABORTED = "aborted"


@dataclass(frozen=True)
class Upload:
    """What is recorded of it. The mapping of its parts is copied on write."""

    phase: Phase = Phase.UNKNOWN
    key: str = ""
    kind: Kind = "body"
    storage_upload_id: str = ""
    parts: Mapping[int, PartReceived] = field(default_factory=dict[int, PartReceived])
    received: ObjectReceived | None = None


INITIAL = Upload()


def evolve(upload: Upload, event: ReceptionEvent) -> Upload:
    """The upload after the event. The ledger's line changes nothing in it."""
    match event:
        case UploadPlanned():
            return upload
        case UploadOpened():
            return replace(
                upload,
                phase=Phase.OPEN,
                key=event.key,
                kind=event.kind,
                storage_upload_id=event.storage_upload_id,
            )
        case PartReceived(part_number=number):
            return replace(upload, parts={**upload.parts, number: event})
        case ObjectReceived(key=key):
            return replace(upload, phase=Phase.RECEIVED, key=key, received=event)
        case UploadAborted() | UploadLeft():
            return replace(upload, phase=Phase.ABORTED)
        case _:
            assert_never(event)
