"""What a worker tells a segment."""

from domain.errors import Side
from domain.message import Message
from domain.segment.events import DeletionOutcome, ObjectOutcome
from domain.transfer.events import Route


class LeaseSegment(Message):
    """Take it, whoever had it."""

    worker: str
    epoch: int
    delivery: int


class RecordPart(Message):
    """A part is at the destination (sizes in bytes)."""

    worker: str
    part_number: int
    offset_bytes: int
    length_bytes: int
    etag: str
    crc64nvme: str
    proven: bool
    adopted: bool = False
    route: Route | None = None
    crc32c: str = ""


class RecordObjects(Message):
    """Objects of a pack have their outcome."""

    worker: str
    objects: tuple[ObjectOutcome, ...]


class RecordObject(Message):
    """The multipart upload has become an object."""

    worker: str
    object: ObjectOutcome


class RecordDeletions(Message):
    """Objects that were to be deleted have their outcome."""

    worker: str
    objects: tuple[DeletionOutcome, ...]


class FinishSegment(Message):
    """All of it is recorded."""

    worker: str


class ParkSegment(Message):
    """Put it down: the flow stopped, or must wait for what `reason`, a code, names.

    `side` is where that is missing; `resumes` says how often the flow had been resumed.
    """

    worker: str
    reason: str
    side: Side | None = None
    detail: str = ""
    resumes: int = 0


class RecordPace(Message):
    """An endpoint takes so many requests at once, no longer as many as before."""

    worker: str
    endpoint: str
    requests_before: int
    requests_after: int
    reason: str


class RecordConcurrency(Message):
    """Another number in flight between two endpoints does better, or as well."""

    worker: str
    source: str
    destination: str
    requests_before: int
    requests_after: int
    reason: str
    requests_per_second: float
    bytes_per_second: float


class RecordCircuitOpened(Message):
    """An endpoint failed so often in a row that it is left alone; the last code."""

    worker: str
    endpoint: str
    failures: int
    reason: str


class RecordCircuitClosed(Message):
    """It answers again: asked `probes` times, `seconds` after it was left alone."""

    worker: str
    endpoint: str
    probes: int
    seconds: float


class FailSegment(Message):
    """Give it up."""

    worker: str
    code: str
    detail: str


SegmentCommand = (
    LeaseSegment
    | RecordPart
    | RecordObjects
    | RecordObject
    | RecordDeletions
    | FinishSegment
    | ParkSegment
    | RecordPace
    | RecordConcurrency
    | RecordCircuitOpened
    | RecordCircuitClosed
    | FailSegment
)
