"""The journal of one segment (sizes in bytes)."""

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from domain.errors import Side
from domain.message import Event, Message
from domain.transfer.deletions import Doomed
from domain.transfer.events import PlannedObject, Route


class Verdict(StrEnum):
    """What is known of an object's bytes at the destination."""

    VERIFIED = "verified"
    SIZE_ONLY = "size-only"
    UNVERIFIABLE = "unverifiable"


class PartsWork(Message):
    """Copy parts `first` to `last` of one object into its multipart upload."""

    kind: Literal["parts"] = "parts"
    object: PlannedObject
    upload_id: str
    first: int
    last: int


class PackWork(Message):
    """Copy these objects, each in one piece."""

    kind: Literal["pack"] = "pack"
    objects: tuple[PlannedObject, ...]


class CompletionWork(Message):
    """Finish one object's multipart upload from the journals of these segments."""

    kind: Literal["completion"] = "completion"
    object: PlannedObject
    upload_id: str
    segments: tuple[str, ...]


class DeletionWork(Message):
    """Delete these objects of the destination, each only while it is still this one."""

    kind: Literal["deletion"] = "deletion"
    objects: tuple[Doomed, ...]


Work = PartsWork | PackWork | CompletionWork | DeletionWork


class ObjectOutcome(Message):
    """One object: what is there now, or why not. `route`: taken, and not planned."""

    object_id: str
    size_bytes: int
    etag: str = ""
    crc64nvme: str = ""
    verdict: Verdict = Verdict.UNVERIFIABLE
    adopted: bool = False
    error: str | None = None
    detail: str | None = None
    route: Route | None = Field(default=None, exclude_if=lambda value: value is None)


class Fate(StrEnum):
    """What became of an object that was to be deleted."""

    DELETED = "deleted"
    GONE = "gone"
    CHANGED = "changed"
    NEEDED = "needed"
    FAILED = "failed"


class DeletionOutcome(Message):
    """One object that was to be deleted.

    `gone`: it was not there any more, also where an earlier lease did it and could not
    record it. `changed`: it is another by now, and stays. `needed`: the source has it
    again, so that it stays. `failed`: `error` says why.
    """

    object_id: str
    fate: Fate
    error: str | None = Field(default=None, exclude_if=lambda value: value is None)
    detail: str | None = Field(default=None, exclude_if=lambda value: value is None)


class _SegmentEvent(Event):
    data_flow_id: str
    segment_id: str


class SegmentPlanned(_SegmentEvent):
    """The work, frozen. Always the first event of its stream."""

    TOPIC: ClassVar[str] = "segment.planned.v1"
    route: Route
    work: Work


class SegmentLeased(_SegmentEvent):
    """A worker has it: whoever had it before is fenced from here on."""

    TOPIC: ClassVar[str] = "segment.leased.v1"
    worker: str
    epoch: int
    delivery: int


class PartCopied(_SegmentEvent):
    """A checkpoint. `adopted`: it was found at the destination and proven, not sent.

    `route`: taken, and not planned. `crc32c`: where the destination keeps that one.
    """

    TOPIC: ClassVar[str] = "segment.part-copied.v1"
    part_number: int
    offset_bytes: int
    length_bytes: int
    etag: str
    crc64nvme: str
    proven: bool
    adopted: bool
    route: Route | None = Field(default=None, exclude_if=lambda value: value is None)
    crc32c: str = Field(default="", exclude_if=lambda value: not value)


class ObjectsCopied(_SegmentEvent):
    """A slice of a pack: one entry per object."""

    TOPIC: ClassVar[str] = "segment.objects-copied.v1"
    objects: tuple[ObjectOutcome, ...]


class ObjectCopied(_SegmentEvent):
    """A multipart upload became an object."""

    TOPIC: ClassVar[str] = "segment.object-copied.v1"
    object: ObjectOutcome


class ObjectsDeleted(_SegmentEvent):
    """A slice of the objects to delete: one entry per object."""

    TOPIC: ClassVar[str] = "segment.objects-deleted.v1"
    objects: tuple[DeletionOutcome, ...]


class SegmentDone(_SegmentEvent):
    """Nothing is left to do."""

    TOPIC: ClassVar[str] = "segment.done.v1"


class SegmentParked(_SegmentEvent):
    """The worker put it down: the flow stopped, or must wait.

    `reason` is then the code of what it waits for, on `side`, since it was resumed for
    the `resumes`th time.
    """

    TOPIC: ClassVar[str] = "segment.parked.v1"
    reason: str
    side: Side | None = Field(default=None, exclude_if=lambda value: value is None)
    detail: str = Field(default="", exclude_if=lambda value: not value)
    resumes: int = Field(default=0, exclude_if=lambda value: not value)


class SegmentPaced(_SegmentEvent):
    """The worker goes slower at an endpoint, or as fast as before, for all its flows.

    So many requests are in flight there at once; recorded by the segment that met it.
    """

    TOPIC: ClassVar[str] = "segment.paced.v1"
    endpoint: str
    requests_before: int
    requests_after: int
    reason: str


class ConcurrencyTuned(_SegmentEvent):
    """The worker has more or fewer in flight between two endpoints, for all its flows.

    Because that was found to help, or not to matter: `reason`, at these rates. Recorded
    by the segment that was at it, once it stays so or is twice as much or half.
    """

    TOPIC: ClassVar[str] = "endpoint.concurrency-tuned.v1"
    source: str
    destination: str
    requests_before: int
    requests_after: int
    reason: str
    requests_per_second: float
    bytes_per_second: float


class EndpointCircuitOpened(_SegmentEvent):
    """An endpoint failed so often in a row that the worker leaves it alone.

    For all its flows; recorded by the segment that met it. `reason` is the last code.
    """

    TOPIC: ClassVar[str] = "endpoint.circuit-opened.v1"
    endpoint: str
    failures: int
    reason: str


class EndpointCircuitClosed(_SegmentEvent):
    """It answers again; the worker asked `probes` times, over so many seconds."""

    TOPIC: ClassVar[str] = "endpoint.circuit-closed.v1"
    endpoint: str
    probes: int
    seconds: float


class SegmentFailed(_SegmentEvent):
    """Given up: `code` is of the catalogue."""

    TOPIC: ClassVar[str] = "segment.failed.v1"
    code: str
    detail: str


SegmentEvent = (
    SegmentPlanned
    | SegmentLeased
    | PartCopied
    | ObjectsCopied
    | ObjectCopied
    | ObjectsDeleted
    | SegmentDone
    | SegmentParked
    | SegmentPaced
    | ConcurrencyTuned
    | EndpointCircuitOpened
    | EndpointCircuitClosed
    | SegmentFailed
)
