"""What the file server tells a file (sizes in bytes)."""

from domain.message import Message


class _Command(Message):
    file_id: str
    user_id: str


class StoreFile(_Command):
    """Its bytes have come; where it is not stored yet, they stand at `place`."""

    size_bytes: int
    content_type: str
    filename: str
    place: str
    store: str
    upload_id: str


class DeleteFile(_Command):
    """Whoever may wants it gone."""


FileCommand = StoreFile | DeleteFile
