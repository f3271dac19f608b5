"""A data flow's timeline, as the gateway shows it."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.rows import key
from projections.views import Lag, Moment, View

MOST_PHASES: Final = 1000
_TIMELINE: Final[LiteralString] = (
    "SELECT * FROM read_model.flow_timeline WHERE data_flow_id = %s"
)
# The latest, where there are more; in order.
_PHASES: Final[LiteralString] = """
    SELECT * FROM (
        SELECT * FROM read_model.flow_phase WHERE data_flow_id = %s
        ORDER BY position DESC LIMIT %s
    ) AS latest ORDER BY position
"""


class PhaseSpan(View):
    """A phase, from the event at `position` on; `endedAt` is null for the present one.

    `reason` is a code of the error catalogue, why it is not the time to copy (then
    `until` says when it is), or what the control plane said.
    """

    phase: str
    reason: str | None
    until: Moment | None
    began_at: Moment
    ended_at: Moment | None
    position: int


class RatePoint(View):
    """What was copied in the `bucketSeconds` from `at` on."""

    at: Moment
    size_bytes: int
    objects: int


class Timeline(View):
    """When a data flow did what.

    The listing goes on, beside the copying, until `listedAt`. `rate` holds at most 120
    points without holes, from the first to the last thing that was copied.
    """

    data_flow_id: str
    phase: str
    created_at: Moment
    listing_at: Moment | None
    listed_at: Moment | None
    first_copied_at: Moment | None
    last_copied_at: Moment | None
    ended_at: Moment | None
    phases: tuple[PhaseSpan, ...]
    bucket_seconds: int
    rate: tuple[RatePoint, ...]
    position: int


class TimelineReport(View):
    """The timeline of one data flow; at most its latest 1000 phases."""

    timeline: Timeline
    lag: Lag


async def timeline(connection: AsyncConnection, data_flow_id: str) -> Timeline | None:
    """One flow's; None where the read model has not (yet) heard of it."""
    name = key(data_flow_id)
    async with connection.cursor(row_factory=dict_row) as cursor:
        row = await (await cursor.execute(_TIMELINE, (name,))).fetchone()
        found = await cursor.execute(_PHASES, (name, MOST_PHASES))
        phases = await found.fetchall()
    if row is None:
        return None
    return Timeline.model_validate(row | {"phases": _spans(phases), "rate": _rate(row)})


def _spans(phases: list[dict[str, Any]]) -> tuple[PhaseSpan, ...]:
    ends = [later["began_at"] for _, later in pairwise(phases)]
    return tuple(
        PhaseSpan.model_validate(each | {"ended_at": ended})
        for each, ended in zip(phases, [*ends, None], strict=False)
    )


def _rate(row: dict[str, Any]) -> tuple[RatePoint, ...]:
    first, length = row["buckets_from"], row["bucket_seconds"]
    return tuple(
        RatePoint(
            at=datetime.fromtimestamp(first + place * length, UTC),
            size_bytes=size_bytes,
            objects=objects,
        )
        for place, (size_bytes, objects) in enumerate(row["buckets"])
    )
