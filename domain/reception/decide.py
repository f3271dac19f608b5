"""Decides what the data door may add to an upload's stream.

Pure, and safe to repeat: what is recorded already decides nothing.
"""

from typing import assert_never

from domain.errors import Side, StorageError
from domain.reception.commands import (
    AbortUpload,
    LeaveUpload,
    OpenUpload,
    ReceiveObject,
    ReceivePart,
    UploadCommand,
)
from domain.reception.events import (
    ObjectReceived,
    PartReceived,
    ReceptionEvent,
    UploadAborted,
    UploadLeft,
    UploadOpened,
)
from domain.reception.state import Phase, Upload


def decide(command: UploadCommand, upload: Upload) -> tuple[ReceptionEvent, ...]:
    """The events to append; none where the stream holds them already.

    Raises StorageError `storage.upload-lost` for an upload that is over otherwise, or
    that a part is sent to and nobody opened.
    """
    match command:
        case OpenUpload():
            if upload.phase is Phase.UNKNOWN:
                return (UploadOpened(**dict(command)),)
            if upload.storage_upload_id == command.storage_upload_id:
                return ()
            raise lost()
        case ReceivePart():
            if upload.phase is not Phase.OPEN:
                raise lost()
            received = PartReceived(**dict(command))
            known = upload.parts.get(command.part_number)
            return () if known == received else (received,)
        case ReceiveObject():
            if upload.phase is Phase.ABORTED:
                raise lost()
            # What stands at the key may have been found again, after a lost answer.
            if upload.phase is Phase.RECEIVED:
                return ()
            return (ObjectReceived(**dict(command)),)
        case AbortUpload():
            if upload.phase in (Phase.ABORTED, Phase.RECEIVED):
                return ()
            return (UploadAborted(**dict(command)),)
        case LeaveUpload():
            if upload.phase in (Phase.ABORTED, Phase.RECEIVED):
                return ()
            left = upload.storage_upload_id
            return (UploadLeft(**dict(command), storage_upload_id=left),)
        case _:
            assert_never(command)


def lost() -> StorageError:
    """There is no such upload, or no more."""
    return StorageError(
        "there is no such upload, or it is over",
        code="storage.upload-lost",
        side=Side.DESTINATION,
    )
