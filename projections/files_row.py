"""A row of `files`: a file that is there, or was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.file.events import FileDeleted, FileStored, FileUploadedAgain
from domain.message import Event, Recorded
from projections.rows import key, storable


@dataclass(slots=True)
class FileRow:
    """`times_uploaded` counts since it was stored; a file stored again begins anew."""

    file_id: str
    size_bytes: int
    content_type: str
    filename: str
    store: str
    user_id: str
    upload_id: str
    times_uploaded: int
    stored_at: datetime
    uploaded_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None
    created_position: int
    position: int

    @classmethod
    def stored(cls, event: FileStored, recorded: Recorded) -> Self:
        """It is there."""
        at = recorded.metadata.occurred_at
        return cls(
            file_id=key(event.file_id),
            size_bytes=event.size_bytes,
            content_type=storable(event.content_type),
            filename=storable(event.filename),
            store=event.store,
            user_id=storable(event.user_id),
            upload_id=key(event.upload_id),
            times_uploaded=1,
            stored_at=at,
            uploaded_at=at,
            deleted_at=None,
            deleted_by=None,
            created_position=recorded.position,
            position=recorded.position,
        )

    def fold(self, event: Event, recorded: Recorded) -> None:
        """What became of it since."""
        self.position = recorded.position
        at = recorded.metadata.occurred_at
        match event:
            case FileUploadedAgain():
                self.times_uploaded += 1
                self.uploaded_at = at
            case FileDeleted(user_id=user):
                self.deleted_at, self.deleted_by = at, storable(user)
            case _:
                pass
