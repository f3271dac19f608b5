"""What the queries return, as the gateway shows it: camelCase, times in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, computed_field
from pydantic.alias_generators import to_camel


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class View(BaseModel):
    """A value to show."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class Lag(View):
    """How far a read model is behind the log: events not applied, age of the oldest."""

    positions: int
    seconds: float


class Place(View):
    """One side of a data flow, without anything secret."""

    mechanism: str
    fields: dict[str, str | bool | None]


class Flow(View):
    """A data flow."""

    data_flow_id: str
    role: str
    direction: str
    profile: str
    state: str
    participant_id: str
    counter_party_id: str
    agreement_id: str
    dataset_id: str
    source: Place | None
    destination: Place | None
    error_code: str | None
    error_detail: str | None
    created_at: Moment
    updated_at: Moment
    control_plane_id: str
    version: int
    position: int


class FlowList(View):
    """Data flows, the newest first; `next` is where the following page begins."""

    flows: tuple[Flow, ...]
    next: int | None
    lag: Lag


class FlowReport(View):
    """One data flow."""

    flow: Flow
    lag: Lag


class TimeLeft(View):
    """From `low` to `high` seconds; `high` is null where nobody can tell."""

    low: float
    high: float | None


class Progress(View):
    """How much of a data flow's copying is done (sizes in bytes).

    `plan` is `run`, `only` or `approve`; the totals are the plan, which is complete
    when `listingComplete`, and at least so much before. `requestsTotal` is without the
    listing and retries. What goes a second is the median of the last time; null, as
    `timeLeft`, with too little to tell. `waitsFor` is null where it waits for nothing.
    """

    data_flow_id: str
    state: str
    phase: str
    error_code: str | None
    listing_complete: bool
    transfer_complete: bool
    objects_total: int
    objects_copied: int
    objects_failed: int
    bytes_total: int
    bytes_copied: int
    parts_total: int
    parts_copied: int
    segments_total: int
    segments_done: int
    segments_failed: int
    leases: int
    repeated_leases: int
    started_at: Moment | None
    updated_at: Moment
    finished_at: Moment | None
    position: int
    skipped: dict[str, int]
    requests_total: int
    plan: str
    approved: bool
    deletes_total: int = 0
    deletes_digest: str = ""
    deletes_withheld: str | None = None
    objects_deleted: int = 0
    bytes_per_second: float | None = None
    objects_per_second: float | None = None
    time_left: TimeLeft | None = None
    waits_for: str | None = None
    waits_until: Moment | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def objects_skipped(self) -> int:
        """Listed, and not to be copied; `skipped` says why."""
        return sum(self.skipped.values())

    @computed_field  # type: ignore[prop-decorator]
    @property
    def percent(self) -> float | None:
        """Of the bytes listed so far; of the objects, where none has any bytes."""
        done, total = self.bytes_copied, self.bytes_total
        if not total:
            done, total = self.objects_copied, self.objects_total
        return round(100 * done / total, 2) if total else None


class ProgressReport(View):
    """The progress of one data flow."""

    progress: Progress
    lag: Lag


class HistoryLine(View):
    """One event of a data flow, as the log holds it."""

    position: int
    stream: str
    version: int
    topic: str
    event_id: str
    occurred_at: Moment
    recorded_at: Moment
    actor: str
    causation_id: str
    correlation_id: str
    agreement_id: str = ""
    data: dict[str, Any]
