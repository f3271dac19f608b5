"""A moment of a flow's past, and what two of them differ in, as they are shown."""

from typing import Any

from projections.views import Flow, Moment, Progress, View


class SegmentCounts(View):
    """Segments by where they stand, completions and deletions included."""

    planned: int = 0
    leased: int = 0
    parked: int = 0
    done: int = 0
    failed: int = 0


class Lease(View):
    """A segment in a worker's hand: since when, and what its journal holds.

    `parts` of a large object, `objects` of a pack or of deletions; the other is 0.
    """

    segment: str
    worker: str
    epoch: int
    delivery: int
    leases: int
    since: Moment
    position: int
    parts: int
    parts_done: int
    objects: int
    objects_done: int


class LargeObject(View):
    """An object that goes in parts; `done` are runs of part numbers, first and last.

    `outcome` is null before there is one, then `copied` or the code of an error.
    """

    object_id: str
    key: str
    destination_key: str
    size: int
    part_size: int
    parts: int
    parts_done: int
    bytes_done: int
    done: tuple[tuple[int, int], ...]
    outcome: str | None
    verdict: str | None


class CallbackOwed(View):
    """What the control plane is, or was, to be told."""

    kind: str
    state: str
    attempts: int
    last_error: str | None
    next_attempt_at: Moment
    position: int


class DoorCounts(View):
    """What went through the data door (sizes in bytes)."""

    uploads_open: int = 0
    parts_received: int = 0
    objects_received: int = 0
    bytes_received: int = 0
    uploads_aborted: int = 0
    reads: int = 0
    reads_complete: int = 0
    bytes_served: int = 0


class FlowState(View):
    """A data flow at one moment of its past.

    `position` and `at` are those of the last event before the moment, `events` is how
    many there were. `flow` and `progress` are what the read models held then; progress
    is null before anything of it was known. `uploads` are multipart uploads of ours
    that the storage held, `pages` of the source's listing were planned. `large` names
    large objects, those that are under way first; `large_omitted` are not named.
    """

    data_flow_id: str
    position: int
    at: Moment
    events: int
    flow: Flow
    progress: Progress | None
    priority: int
    approved: bool
    resumes: int
    final: bool
    moves_data: bool
    waits_for: str | None
    pages: int
    uploads: int
    segments: SegmentCounts
    leases: tuple[Lease, ...]
    large: tuple[LargeObject, ...]
    large_omitted: int
    callbacks: tuple[CallbackOwed, ...]
    door: DoorCounts


class Change(View):
    """A value that is another one; null where there was none, or is none any more."""

    path: str
    before: Any
    after: Any


class Differences(View):
    """What happened between two moments: `events` by topic, and what it changed."""

    data_flow_id: str
    before_position: int
    before_at: Moment
    after_position: int
    after_at: Moment
    seconds: float
    events: dict[str, int]
    changes: tuple[Change, ...]
