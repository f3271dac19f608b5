"""What became of a file: bytes under the SHA-256 of what they are (sizes in bytes)."""

from typing import ClassVar

from domain.message import Event


class _FileEvent(Event):
    file_id: str


class FileStored(_FileEvent):
    """The bytes stand whole at `place`, which is the store's own name of it.

    `upload_id` is the upload that brought them. After a deletion, a file may be stored
    again.
    """

    TOPIC: ClassVar[str] = "file.stored.v1"
    size_bytes: int
    content_type: str
    filename: str
    place: str
    store: str
    user_id: str
    upload_id: str


class FileUploadedAgain(_FileEvent):
    """Somebody sent what is there already: nothing was stored."""

    TOPIC: ClassVar[str] = "file.uploaded-again.v1"
    user_id: str
    filename: str
    upload_id: str


class FileDeleted(_FileEvent):
    """The file is gone; its bytes go directly after this is recorded."""

    TOPIC: ClassVar[str] = "file.deleted.v1"
    user_id: str


class FilePlaced(_FileEvent):
    """Whose bytes stand at a place that does not tell it: in that place's own stream.

    Recorded with `FileStored`, so that whoever finds bytes that no file has knows it.
    """

    TOPIC: ClassVar[str] = "file.placed.v1"
    place: str
    upload_id: str


FileEvent = FileStored | FileUploadedAgain | FileDeleted | FilePlaced
