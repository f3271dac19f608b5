"""A row of `flow_timeline`, and what is derived from it: phase, and rate over time."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.data_flow import State

# Bytes and objects that were copied in a stretch of time.
Bucket = list[int]

MOST_BUCKETS: Final = 120


class FlowPhase(StrEnum):
    """What a flow is at, in one word; it is at one thing at a time."""

    ACCEPTED = "accepted"
    LISTING = "listing"
    PLANNED = "planned"
    RUNNING = "running"
    SUSPENDED = "suspended"
    WAITING = "waiting"
    COMPLETING = "completing"
    ERRORED = "errored"
    DONE = "done"
    TERMINATED = "terminated"


@dataclass(slots=True)
class FlowTimeline:
    """When one data flow did what (sizes in bytes).

    `held`: its plan is not to be carried out, or not before it is approved. `moving`:
    something has been copied; the listing may still go on. `buckets` are of
    `bucket_seconds` each, from the second `buckets_from` (since the epoch) on.
    """

    data_flow_id: str
    created_at: datetime
    position: int
    state: str = State.INITIALIZED
    phase: str = FlowPhase.ACCEPTED
    error_code: str | None = None
    waiting_for: str | None = None
    held: bool = False
    moving: bool = False
    segments_total: int = 0
    segments_done: int = 0
    listing_at: datetime | None = None
    listed_at: datetime | None = None
    first_copied_at: datetime | None = None
    last_copied_at: datetime | None = None
    ended_at: datetime | None = None
    bucket_seconds: int = 1
    buckets_from: int = 0
    buckets: list[Bucket] = field(default_factory=list[Bucket])

    def copied(self, at: datetime, size_bytes: int, objects: int) -> None:
        """Count what was copied then."""
        self.moving = True
        if self.first_copied_at is None or at < self.first_copied_at:
            self.first_copied_at = at
        if self.last_copied_at is None or at > self.last_copied_at:
            self.last_copied_at = at
        second = int(at.timestamp())
        if not self.buckets:
            self.buckets_from = second
        # What comes late from another worker counts at the beginning.
        place = max(0, second - self.buckets_from) // self.bucket_seconds
        while place >= MOST_BUCKETS:
            self._merge()
            place //= 2
        while place >= len(self.buckets):
            self.buckets.append([0, 0])
        bucket = self.buckets[place]
        bucket[0] += size_bytes
        bucket[1] += objects

    def _merge(self) -> None:
        """Half as many, twice as long: the beginning stays where it is."""
        self.bucket_seconds *= 2
        pairs = [self.buckets[n : n + 2] for n in range(0, len(self.buckets), 2)]
        self.buckets = [
            [sum(column) for column in zip(*two, strict=True)] for two in pairs
        ]


_ENDS = {State.COMPLETED: FlowPhase.DONE, State.TERMINATED: FlowPhase.TERMINATED}


def phase_of(row: FlowTimeline) -> FlowPhase:
    """What the flow is at, by its row."""
    state = State(row.state)
    if state in _ENDS:
        return _ENDS[state]
    if row.error_code:
        return FlowPhase.ERRORED
    if state is State.SUSPENDED:
        return FlowPhase.SUSPENDED
    if state is not State.STARTED:
        return FlowPhase.ACCEPTED
    return FlowPhase.WAITING if row.waiting_for else _at_work(row)


def _at_work(row: FlowTimeline) -> FlowPhase:
    if row.held and row.listed_at:
        return FlowPhase.PLANNED
    if row.listed_at and row.segments_done >= row.segments_total:
        return FlowPhase.COMPLETING
    if row.moving or row.listed_at:
        return FlowPhase.RUNNING
    return FlowPhase.LISTING if row.listing_at else FlowPhase.ACCEPTED
