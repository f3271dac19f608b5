"""A row of `object_report`: what became of one object (sizes in bytes)."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from domain.message import Recorded
from domain.segment.events import ObjectOutcome
from domain.transfer.events import PlannedObject
from domain.transfer.plan import parts_of
from projections.report_plans import Plan
from projections.rows import storable


class Outcome(StrEnum):
    """What became of an object."""

    COPIED = "copied"
    FAILED = "failed"
    SKIPPED = "skipped"


class ObjectRow(NamedTuple):
    """In the order of the table's columns."""

    data_flow_id: str
    position: int
    place: int
    outcome: str
    object_id: str
    key: str
    version_id: str | None
    destination_key: str
    size_bytes: int
    etag: str
    destination_etag: str | None
    route: str | None
    verdict: str | None
    verdict_reason: str | None
    crc64nvme: str | None
    parts: int | None
    adopted: bool
    error_code: str | None
    error_detail: str | None
    worker: str
    segment_id: str
    started_at: datetime | None
    ended_at: datetime


_TYPES: Final = {
    "position": "int8",
    "size_bytes": "int8",
    "place": "int4",
    "parts": "int4",
    "adopted": "bool",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
}
# By column, for a binary COPY.
TYPES: Final = tuple(_TYPES.get(name, "text") for name in ObjectRow._fields)

_UNPLANNED: Final = PlannedObject(
    object_id="", source_key="", destination_key="", size_bytes=0, etag=""
)


class Told(NamedTuple):
    """Which flow and segment the outcomes are of, and the event that tells of them."""

    flow: str
    segment_id: str
    recorded: Recorded
    plan: Plan


def row_of(told: Told, place: int, outcome: ObjectOutcome) -> ObjectRow:
    """The row of an outcome; text is kept as it is, but for NUL characters."""
    planned = told.plan.objects.get(outcome.object_id, _UNPLANNED)
    position, metadata = told.recorded.position, told.recorded.metadata
    copied = outcome.error is None
    return ObjectRow(
        data_flow_id=told.flow,
        position=position,
        place=place,
        outcome=Outcome.COPIED if copied else Outcome.FAILED,
        object_id=outcome.object_id,
        key=storable(planned.source_key),
        version_id=planned.version_id and storable(planned.version_id),
        destination_key=storable(planned.destination_key),
        size_bytes=outcome.size_bytes if copied else planned.size_bytes,
        etag=storable(planned.etag),
        destination_etag=storable(outcome.etag) or None,
        route=outcome.route or told.plan.route,
        verdict=outcome.verdict if copied else None,
        verdict_reason=outcome.detail and storable(outcome.detail) if copied else None,
        crc64nvme=outcome.crc64nvme or None,
        parts=parts_of(planned) if told.plan.large else None,
        adopted=outcome.adopted,
        error_code=outcome.error,
        error_detail=None if copied else storable(outcome.detail or ""),
        worker=metadata.actor,
        segment_id=told.segment_id,
        started_at=told.plan.started_before(position),
        ended_at=metadata.occurred_at,
    )
