"""What the data door tells an upload (sizes in bytes)."""

from domain.message import Message
from domain.reception.events import Kind
from domain.segment.events import Verdict


class _Command(Message):
    data_flow_id: str
    upload_id: str


class OpenUpload(_Command):
    """The storage has begun a multipart upload for it."""

    key: str
    kind: Kind
    storage_upload_id: str


class ReceivePart(_Command):
    """A part is at the destination."""

    part_number: int
    size_bytes: int
    etag: str
    crc64nvme: str
    proven: bool


class ReceiveObject(_Command):
    """The object stands at its key."""

    key: str
    size_bytes: int
    etag: str
    crc64nvme: str
    verdict: Verdict


class AbortUpload(_Command):
    """Nothing will come of it."""

    reason: str


class LeaveUpload(_Command):
    """It cannot be aborted any more, for the reason that `code` names."""

    key: str
    code: str


UploadCommand = OpenUpload | ReceivePart | ReceiveObject | AbortUpload | LeaveUpload
