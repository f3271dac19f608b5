"""What was planned for a flow, and what became of it as a whole (sizes in bytes)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from domain.errors import Side
from domain.message import Event, Message
from domain.scheduling.timing import Reason


class Route(StrEnum):
    """How an object's bytes get to the destination."""

    COPY_OBJECT = "copy-object"
    COPY_PARTS = "copy-parts"
    STREAM = "stream"
    # Nothing is copied: objects of the destination are deleted.
    DELETE = "delete"


class PlannedObject(Message):
    """An object pinned to the bytes that were listed, and where it goes.

    `part_size_bytes` is None for an object that goes in one piece.
    """

    object_id: str
    source_key: str
    destination_key: str
    size_bytes: int
    etag: str
    version_id: str | None = None
    part_size_bytes: int | None = None


# Listed and not copied: how many, by `domain.transfer.filters.Skip`.
Skipped = Annotated[dict[str, int], Field(exclude_if=lambda value: not value)]


class _TransferEvent(Event):
    data_flow_id: str


class TransferPlanningStarted(_TransferEvent):
    """The source is being listed; `route_reason` tells why objects go this way."""

    TOPIC: ClassVar[str] = "transfer.planning-started.v1"
    route_reason: str


class ObjectPlanned(_TransferEvent):
    """A large object's part plan, frozen; its multipart upload is to be created.

    `uploads_before` are the unfinished uploads that the key had already: not ours. One
    that appears later, and is not in the ledger, is what a crash left of ours.
    """

    TOPIC: ClassVar[str] = "transfer.object-planned.v1"
    object: PlannedObject
    route: Route
    uploads_before: tuple[str, ...]


class MultipartUploadCreated(_TransferEvent):
    """A line of the multipart ledger: this upload is ours to complete or abort."""

    TOPIC: ClassVar[str] = "transfer.multipart-upload-created.v1"
    object_id: str
    destination_key: str
    upload_id: str


class MultipartUploadLeft(_TransferEvent):
    """The flow is over, and we may no longer abort this upload of ours: it stays."""

    TOPIC: ClassVar[str] = "transfer.multipart-upload-left.v1"
    object_id: str
    destination_key: str
    upload_id: str
    code: str


class MultipartUploadAborted(_TransferEvent):
    """The storage holds no part of this upload any more."""

    TOPIC: ClassVar[str] = "transfer.multipart-upload-aborted.v1"
    object_id: str
    upload_id: str


class PagePlanned(_TransferEvent):
    """One page of the listing is cut into segments; `cursor` is where to go on.

    `skipped` counts, by reason, what was listed and is not copied. `requests` is how
    many the storages will get, at least. `held` are the large objects of a plan that
    waits for its approval: they have no upload and no journals yet.
    """

    TOPIC: ClassVar[str] = "transfer.page-planned.v1"
    page: int
    cursor: str | None
    objects: int
    size_bytes: int
    parts: int
    segments: tuple[str, ...]
    skipped: Skipped = Field(default_factory=dict[str, int])
    requests: int = Field(default=0, exclude_if=lambda value: not value)
    held: tuple[PlannedObject, ...] = Field(
        default=(), exclude_if=lambda value: not value
    )


class DeletionsPlanned(_TransferEvent):
    """Both listings were compared up to the name `cursor`, or (None) to their ends.

    Of the `listed` objects of the destination since the page before, `deletes` are to
    be deleted, by `segments` that nobody begins before they are released; `kept` would
    be, but the filters leave them out, and `claimed` stay because another flow writes
    them. `digest` is that of the whole list so far.
    """

    TOPIC: ClassVar[str] = "transfer.deletions-planned.v1"
    page: int
    cursor: str | None
    listed: int
    deletes: int
    size_bytes: int
    kept: int
    digest: str
    segments: tuple[str, ...]
    claimed: int = Field(default=0, exclude_if=lambda value: not value)


class DeletionsReleased(_TransferEvent):
    """All is copied, without an error: what is extra may be deleted now."""

    TOPIC: ClassVar[str] = "transfer.deletions-released.v1"
    deletes: int


class DeletionsWithheld(_TransferEvent):
    """Nothing of what is extra will be deleted: `code` is of the catalogue."""

    TOPIC: ClassVar[str] = "transfer.deletions-withheld.v1"
    code: str
    detail: str


class TransferPlanned(_TransferEvent):
    """The listing is complete: these are the totals.

    `deletes_digest` names the exact list of what is to be deleted.
    """

    TOPIC: ClassVar[str] = "transfer.planned.v1"
    objects: int
    size_bytes: int
    parts: int
    segments: int
    skipped: Skipped = Field(default_factory=dict[str, int])
    requests: int = Field(default=0, exclude_if=lambda value: not value)
    deletes: int = Field(default=0, exclude_if=lambda value: not value)
    deletes_size_bytes: int = Field(default=0, exclude_if=lambda value: not value)
    deletes_digest: str = Field(default="", exclude_if=lambda value: not value)


class TransferWaiting(_TransferEvent):
    """It stands still until a resume brings what `side` is missing.

    `resumes` is how often the flow had been resumed when it came to this.
    """

    TOPIC: ClassVar[str] = "transfer.waiting.v1"
    code: str
    side: Side
    detail: str
    resumes: int


class TransferDeferred(_TransferEvent):
    """It is not the time to copy: it stands still until then, in the state it has."""

    TOPIC: ClassVar[str] = "transfer.deferred.v1"
    reason: Reason
    until: datetime


class TransferTakenUp(_TransferEvent):
    """It is the time to copy: it goes on, or begins."""

    TOPIC: ClassVar[str] = "transfer.taken-up.v1"


class TransferDeadlineMissed(_TransferEvent):
    """It is not done at its deadline. It goes on."""

    TOPIC: ClassVar[str] = "transfer.deadline-missed.v1"
    deadline: datetime


class TransferFailed(_TransferEvent):
    """It cannot be planned."""

    TOPIC: ClassVar[str] = "transfer.failed.v1"
    code: str
    detail: str


class TransferCompleted(_TransferEvent):
    """Every object has its outcome: what has arrived, and how many have failed."""

    TOPIC: ClassVar[str] = "transfer.completed.v1"
    objects: int
    size_bytes: int
    failed_objects: int


TransferEvent = (
    TransferPlanningStarted
    | ObjectPlanned
    | MultipartUploadCreated
    | MultipartUploadAborted
    | MultipartUploadLeft
    | PagePlanned
    | DeletionsPlanned
    | DeletionsReleased
    | DeletionsWithheld
    | TransferPlanned
    | TransferWaiting
    | TransferDeferred
    | TransferTakenUp
    | TransferDeadlineMissed
    | TransferFailed
    | TransferCompleted
)
