"""What is asked of the per-object report: pages of it, and what it adds up to."""

import re
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from domain.errors import InvalidMessageError
from projections.report_row import Outcome
from projections.report_views import ObjectLine, ReportSummary
from projections.rows import key

# Keyset pages over rows that are only ever added: each is a query and a snapshot of its
# own, and all of them up to one position are one unchanging report.
_ROWS: Final[LiteralString] = """
    SELECT o.*, 1 + (
        SELECT count(*) FROM read_model.object_report_retry AS r
        WHERE r.data_flow_id = o.data_flow_id AND r.position < o.position
          AND r.owner = CASE WHEN parts IS NULL THEN segment_id ELSE object_id END
    ) AS attempts
    FROM read_model.object_report AS o
    WHERE data_flow_id = %(flow)s AND position <= %(to)s
      AND (position, place) > (%(position)s, %(place)s)
      {}
    ORDER BY position, place
    LIMIT %(limit)s
"""
_ALL: Final[LiteralString] = _ROWS.format("")
# As the partial index has it.
_OTHERS: Final[LiteralString] = _ROWS.format(
    "AND outcome <> 'copied' AND outcome = %(outcome)s"
)
_COPIED: Final[LiteralString] = _ROWS.format("AND outcome = 'copied'")
_SUMMARY: Final[LiteralString] = (
    "SELECT * FROM read_model.object_report_total WHERE data_flow_id = %s"
)
_PREFIX: Final[LiteralString] = (
    "SELECT destination #>> '{fields,prefix}' FROM read_model.flow_status"
    " WHERE data_flow_id = %s"
)
_PLACE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,9})")


@dataclass(frozen=True)
class Chosen:
    """Which objects of a report: of one outcome, or (None) all, up to a position."""

    data_flow_id: str
    outcome: Outcome | None
    to: int
    prefix: str


@dataclass(frozen=True)
class Lines:
    """A page; `next` is where the following begins, None where there is none."""

    lines: tuple[ObjectLine, ...]
    next: str | None


async def choose(
    connection: AsyncConnection, data_flow_id: str, outcome: Outcome | None, to: int
) -> Chosen:
    """The outcomes that are known at a position, whatever comes later."""
    found = await connection.execute(_PREFIX, (key(data_flow_id),))
    row = await found.fetchone()
    prefix = str(row[0]) if row and row[0] else ""
    return Chosen(key(data_flow_id), outcome, to, prefix)


async def lines(
    connection: AsyncConnection, chosen: Chosen, after: str | None, limit: int
) -> Lines:
    """The next lines. Raises InvalidMessageError where `after` is no place of ours."""
    position, place = _place(after)
    values: dict[str, Any] = {"flow": chosen.data_flow_id, "to": chosen.to}
    values |= {"position": position, "place": place, "limit": limit + 1}
    values |= {"outcome": chosen.outcome}
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (
            await cursor.execute(_query(chosen.outcome), values, prepare=True)
        ).fetchall()
    last = found[limit - 1] if len(found) > limit else None
    following = f"{last['position']}-{last['place']}" if last else None
    page = tuple(_line(row, chosen.prefix) for row in found[:limit])
    return Lines(page, following)


async def summary(connection: AsyncConnection, data_flow_id: str) -> ReportSummary:
    """What all outcomes add up to, also of a flow that has none yet."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await cursor.execute(_SUMMARY, (key(data_flow_id),))
        row = await found.fetchone()
    return ReportSummary.model_validate(row) if row else ReportSummary()


def _query(outcome: Outcome | None) -> LiteralString:
    match outcome:
        case None:
            return _ALL
        case Outcome.COPIED:
            return _COPIED
        case _:
            return _OTHERS


def _place(after: str | None) -> tuple[int, int]:
    if after is None:
        return -1, -1
    place = _PLACE.fullmatch(after)
    if place is None:
        raise InvalidMessageError("after: not the next of a page of this report")
    return int(place[1]), int(place[2])


def _line(row: dict[str, Any], prefix: str) -> ObjectLine:
    whole: str = row["destination_key"]
    # Without validation: it was ours before, and there may be millions.
    return ObjectLine.model_construct(
        **{name: row[name] for name in _SAME},
        outcome=Outcome(row["outcome"]),
        destination_key=whole.removeprefix(prefix),
        destination=whole,
        size=row["size_bytes"],
        segment=row["segment_id"],
        started_at=row["started_at"] and row["started_at"].astimezone(UTC),
        ended_at=row["ended_at"].astimezone(UTC),
    )


_OTHER_NAMES = {"outcome", "destination_key", "destination", "size", "segment"} | {
    "started_at",
    "ended_at",
}
_SAME: Final = tuple(n for n in ObjectLine.model_fields if n not in _OTHER_NAMES)
