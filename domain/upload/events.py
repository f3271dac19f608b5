"""The journal of one resumable upload (sizes and offsets in bytes)."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal

from domain.message import Event

# Numbered chunks of one size, in any order; or the tus protocol, at an offset.
Protocol = Literal["chunks", "tus"]
# Its sender has ended it; nobody came; or its bytes are not those that were promised.
AbortReason = Literal["terminated", "expired", "failed"]


class _UploadEvent(Event):
    upload_id: str


class UploadBegun(_UploadEvent):
    """There is a place for its bytes; `reference` is the store's own name of it.

    `chunk_size_bytes` is that of every chunk but the last; None where chunks may have
    any length. `sha256` is what its sender promised (hex), empty where nothing was.
    Without a chunk the upload ends at `expires_at`; each gives it as long again.
    """

    TOPIC: ClassVar[str] = "upload.begun.v1"
    user_id: str
    protocol: Protocol
    size_bytes: int
    chunk_size_bytes: int | None
    content_type: str
    filename: str
    metadata: Mapping[str, str]
    sha256: str
    store: str
    reference: str
    expires_at: datetime


class ChunkStored(_UploadEvent):
    """A checkpoint: recorded before its sender hears of it, each chunk once."""

    TOPIC: ClassVar[str] = "upload.chunk-stored.v1"
    index: int
    offset: int
    size_bytes: int
    etag: str


class UploadSealed(_UploadEvent):
    """All bytes are there, with this SHA-256: a completion goes on from here."""

    TOPIC: ClassVar[str] = "upload.sealed.v1"
    file_id: str
    size_bytes: int


class UploadCompleted(_UploadEvent):
    """The file is kept. Stored together with the event of the file's own stream."""

    TOPIC: ClassVar[str] = "upload.completed.v1"
    file_id: str
    size_bytes: int


class UploadAborted(_UploadEvent):
    """Nothing will come of it; its bytes may go. `code` says why it failed."""

    TOPIC: ClassVar[str] = "upload.aborted.v1"
    reason: AbortReason
    code: str


UploadEvent = UploadBegun | ChunkStored | UploadSealed | UploadCompleted | UploadAborted
