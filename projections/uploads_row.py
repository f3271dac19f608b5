"""A row of `uploads`: one upload to the file store, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.message import Event, Recorded
from domain.upload.events import (
    ChunkStored,
    UploadAborted,
    UploadBegun,
    UploadCompleted,
    UploadSealed,
)
from projections.rows import key, storable


class FileUploadState(StrEnum):
    """Where it stands; `sealed`: whole, and about to be a file."""

    OPEN = "open"
    SEALED = "sealed"
    COMPLETED = "completed"
    ABORTED = "aborted"


@dataclass(slots=True)
class UploadRow:
    """`chunks` and `received_bytes` are those that were recorded."""

    upload_id: str
    user_id: str
    protocol: str
    filename: str
    content_type: str
    size_bytes: int
    chunk_size_bytes: int | None
    chunks: int
    received_bytes: int
    state: str
    reason: str | None
    code: str | None
    file_id: str | None
    begun_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    created_position: int
    position: int

    @classmethod
    def begun(cls, event: UploadBegun, recorded: Recorded) -> Self:
        """Nothing has come yet."""
        at = recorded.metadata.occurred_at
        return cls(
            upload_id=key(event.upload_id),
            user_id=storable(event.user_id),
            protocol=event.protocol,
            filename=storable(event.filename),
            content_type=storable(event.content_type),
            size_bytes=event.size_bytes,
            chunk_size_bytes=event.chunk_size_bytes,
            chunks=0,
            received_bytes=0,
            state=FileUploadState.OPEN,
            reason=None,
            code=None,
            file_id=None,
            begun_at=at,
            changed_at=at,
            ended_at=None,
            created_position=recorded.position,
            position=recorded.position,
        )

    def fold(self, event: Event, recorded: Recorded) -> None:
        """What became of it since."""
        self.position = recorded.position
        self.changed_at = recorded.metadata.occurred_at
        match event:
            case ChunkStored(size_bytes=size):
                self.chunks += 1
                self.received_bytes += size
            case UploadSealed(file_id=file_id):
                self.state, self.file_id = FileUploadState.SEALED, file_id
            case UploadCompleted(file_id=file_id):
                self.state, self.file_id = FileUploadState.COMPLETED, file_id
                self.ended_at = self.changed_at
            case UploadAborted(reason=reason, code=code):
                self.state, self.ended_at = FileUploadState.ABORTED, self.changed_at
                self.reason, self.code = reason, code or None
            case _:
                pass
