"""A row of `transfer_progress`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.data_flow import State
from domain.location import PlanMode
from projections.forecast import Sample


class Phase(StrEnum):
    """What the copying is doing, in one word."""

    WAITING = "waiting"
    RUNNING = "running"
    PLANNED = "planned"
    PAUSED = "paused"
    ERRORED = "errored"
    FINISHED = "finished"


PHASES = {
    State.STARTED: Phase.RUNNING,
    State.SUSPENDED: Phase.PAUSED,
    State.COMPLETED: Phase.FINISHED,
    State.TERMINATED: Phase.FINISHED,
}


@dataclass(slots=True)
class TransferProgress:
    """How far the copying of one data flow is (sizes in bytes).

    Totals grow while the source is listed and are final when `listing_complete`.
    `skipped` counts by reason; `requests_total` is without the listing and retries.
    `recent` are samples of what was copied since it last began to copy; `waiting_for`
    is a code of the catalogue, or why it is not the time to copy.
    `deletes_digest` names the exact list of what is to be deleted, `deletes_withheld`
    is the code of why nothing of it is.
    `state` is here as well as in `flow_status`, so that a row is true in itself.
    """

    data_flow_id: str
    updated_at: datetime
    position: int
    state: str = State.INITIALIZED
    phase: str = Phase.WAITING
    error_code: str | None = None
    listing_complete: bool = False
    transfer_complete: bool = False
    objects_total: int = 0
    objects_copied: int = 0
    objects_failed: int = 0
    bytes_total: int = 0
    bytes_copied: int = 0
    parts_total: int = 0
    parts_copied: int = 0
    segments_total: int = 0
    segments_done: int = 0
    segments_failed: int = 0
    leases: int = 0
    repeated_leases: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])
    requests_total: int = 0
    plan: str = PlanMode.RUN
    approved: bool = False
    recent: Sequence[Sample] = ()
    waiting_for: str | None = None
    waiting_until: datetime | None = None
    deletes_total: int = 0
    deletes_digest: str = ""
    deletes_withheld: str | None = None
    objects_deleted: int = 0
