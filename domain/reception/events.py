"""The journal of one upload, and the ledger's line about it (sizes in bytes)."""

from typing import ClassVar, Literal

from domain.message import Event
from domain.segment.events import Verdict

# By parts: the sender cuts it, and names the parts. A body: one request, cut by us.
Kind = Literal["parts", "body"]


class _ReceptionEvent(Event):
    data_flow_id: str
    upload_id: str


class UploadPlanned(_ReceptionEvent):
    """The ledger's line: the storage is about to be asked for a multipart upload.

    `uploads_before` are the storage's ids of the key's unfinished uploads at that time.
    They are not ours; another one of the key that nobody recorded is.
    """

    TOPIC: ClassVar[str] = "reception.upload-planned.v1"
    key: str
    kind: Kind
    uploads_before: tuple[str, ...]


class UploadOpened(_ReceptionEvent):
    """The storage has begun it, under its own id."""

    TOPIC: ClassVar[str] = "reception.upload-opened.v1"
    key: str
    kind: Kind
    storage_upload_id: str


class PartReceived(_ReceptionEvent):
    """A checkpoint: recorded before its sender hears of it."""

    TOPIC: ClassVar[str] = "reception.part-received.v1"
    part_number: int
    size_bytes: int
    etag: str
    crc64nvme: str
    proven: bool


class ObjectReceived(_ReceptionEvent):
    """The object stands at the destination. Always the last event of its stream."""

    TOPIC: ClassVar[str] = "reception.object-received.v1"
    key: str
    size_bytes: int
    etag: str
    crc64nvme: str
    verdict: Verdict


class UploadAborted(_ReceptionEvent):
    """The storage keeps nothing of it, or never heard of it."""

    TOPIC: ClassVar[str] = "reception.upload-aborted.v1"
    reason: str


class UploadLeft(_ReceptionEvent):
    """The flow is over, and we may no longer abort this upload of ours: it stays.

    `storage_upload_id` is empty where nobody knows whether the storage began one.
    """

    TOPIC: ClassVar[str] = "reception.upload-left.v1"
    key: str
    storage_upload_id: str
    code: str


ReceptionEvent = (
    UploadPlanned
    | UploadOpened
    | PartReceived
    | ObjectReceived
    | UploadAborted
    | UploadLeft
)
