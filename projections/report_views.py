"""The per-object report, as it is shown: in the manifest's words where it has some.

That is `key`, `versionId`, `destinationKey`, `size` (in bytes), `etag`.
"""

from pydantic import Field

from projections.report_row import Outcome
from projections.views import Lag, Moment, View


class ObjectLine(View):
    """What became of one object.

    `key`, `version_id` and `etag` are the source's, as it was pinned; `destination_key`
    is below the destination's prefix, as a manifest would have it, and `destination`
    is all of it. `parts` is null for an object that went in one piece.
    """

    key: str
    version_id: str | None
    destination_key: str
    size: int
    etag: str
    outcome: Outcome
    error_code: str | None
    error_detail: str | None
    verdict: str | None
    verdict_reason: str | None
    crc64nvme: str | None
    destination: str
    destination_etag: str | None
    route: str | None
    parts: int | None
    adopted: bool
    attempts: int
    worker: str
    segment: str
    started_at: Moment | None
    ended_at: Moment
    data_flow_id: str


class ReportSummary(View):
    """What the outcomes add up to; `skipped` by reason, `verdicts` by verdict."""

    copied: int = 0
    failed: int = 0
    skipped: dict[str, int] = Field(default_factory=dict[str, int])
    bytes_copied: int = 0
    bytes_failed: int = 0
    verdicts: dict[str, int] = Field(default_factory=dict[str, int])
    first_at: Moment | None = None
    last_at: Moment | None = None


class ReportPage(View):
    """Outcomes in the order of the log; `next` is the `after` of the following page.

    `position` is how far the log had been read: later outcomes are not in it.
    """

    objects: tuple[ObjectLine, ...]
    next: str | None
    position: int
    summary: ReportSummary
    lag: Lag
