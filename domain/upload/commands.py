"""What the file server tells an upload (sizes and offsets in bytes)."""

from collections.abc import Mapping
from datetime import datetime

from domain.message import Message
from domain.upload.events import AbortReason, Protocol


class _Command(Message):
    upload_id: str


class BeginUpload(_Command):
    """The store has made a place for it."""

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


class StoreChunk(_Command):
    """The store has it, and keeps it through a crash."""

    index: int
    offset: int
    size_bytes: int
    etag: str


class SealUpload(_Command):
    """The SHA-256 of all its bytes, in hex."""

    file_id: str


class CompleteUpload(_Command):
    """The file is kept, or is about to be in the same transaction."""


class AbortUpload(_Command):
    """Nothing is to come of it."""

    reason: AbortReason
    code: str = ""


UploadCommand = BeginUpload | StoreChunk | SealUpload | CompleteUpload | AbortUpload
