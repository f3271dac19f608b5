"""What became of each object of a data flow?

A row is added when an object has its outcome, and never changed: so that rows go to
the table by COPY, and a report that is being read stays what it was at its beginning.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final, LiteralString, cast

from psycopg import AsyncConnection

from domain.message import Event, Recorded
from domain.reception.events import ObjectReceived
from domain.segment.events import (
    ObjectCopied,
    ObjectOutcome,
    ObjectsCopied,
    SegmentEvent,
    SegmentFailed,
    SegmentLeased,
)
from domain.transfer.events import PagePlanned
from eventlog.follower import Apply
from projections import rows
from projections.flow_states import flow_of
from projections.losses import lost_objects
from projections.read_model import ReadModel, topics_of
from projections.report_plans import NO_PLAN, Plans
from projections.report_row import TYPES, ObjectRow, Told, row_of
from projections.report_total import ReportTotal
from projections.rows import key

_TABLES = ("object_report", "object_report_retry", "object_report_total")
_ENDS = (ObjectsCopied, ObjectCopied, SegmentFailed)
_EVENTS: tuple[type[Event], ...] = (*_ENDS, ObjectReceived, SegmentLeased, PagePlanned)
_FIRST_LEASE_VERSION = 2
# As `domain.transfer.plan` names the segments of a large object.
_OF_LARGE: Final = re.compile(r"(.+)-(?:p\d+|c)")

_COPY: Final[LiteralString] = "COPY object_report FROM STDIN (FORMAT BINARY)"
_KNOWN: Final[LiteralString] = (
    "SELECT data_flow_id, object_id FROM object_report WHERE parts IS NOT NULL"
    " AND data_flow_id = ANY(%s) AND object_id = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class Retry:
    """A row of `object_report_retry`: a segment was leased once more."""

    data_flow_id: str
    owner: str
    position: int


def begin() -> Apply:
    """An `apply` that remembers the plans it has read."""
    plans = Plans()

    async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
        made = [
            _received(each, each.event)
            for each in page
            if isinstance(each.event, ObjectReceived)
        ]
        made += await _outcomes(connection, plans, page)
        await _copy(connection, made)
        await rows.add(connection, "object_report_retry", _retries(page))
        await _add_up(connection, made, page)

    return apply


READ_MODEL = ReadModel("object_report", _TABLES, begin, topics_of(_EVENTS))


def owner_of(segment_id: str) -> str:
    """Whose attempts its leases are: a pack's own, or the large object's it is of."""
    large = _OF_LARGE.fullmatch(segment_id)
    return large[1] if large else segment_id


async def _outcomes(
    connection: AsyncConnection, plans: Plans, page: Sequence[Recorded]
) -> list[ObjectRow]:
    ended = [each for each in page if isinstance(each.event, _ENDS)]
    planned = await plans.of(connection, [each.stream for each in ended])
    lost: dict[int, list[ObjectOutcome]] = {}
    failed = [each for each in ended if isinstance(each.event, SegmentFailed)]
    for gone in await lost_objects(connection, failed):
        outcome = ObjectOutcome(
            object_id=gone.object_id, size_bytes=0, error=gone.code, detail=gone.detail
        )
        lost.setdefault(gone.position, []).append(outcome)
    made: list[ObjectRow] = []
    for each in ended:
        plan = planned.get(each.stream, NO_PLAN)
        segment_id = cast("SegmentEvent", each.event).segment_id
        told = Told(flow_of(each), segment_id, each, plan)
        told_of = _told_of(each) or lost.get(each.position, ())
        made += [row_of(told, place, one) for place, one in enumerate(told_of)]
    return await _once(connection, made)


def _told_of(recorded: Recorded) -> Sequence[ObjectOutcome]:
    match recorded.event:
        case ObjectsCopied(objects=objects):
            return objects
        case ObjectCopied(object=one):
            return (one,)
        case _:
            return ()


async def _once(
    connection: AsyncConnection, made: Sequence[ObjectRow]
) -> list[ObjectRow]:
    """Without the large objects that have their outcome already: the first counts."""
    large = [each for each in made if each.parts is not None]
    if not large:
        return list(made)
    flows, objects = ({row[n] for row in large} for n in (0, 4))
    cursor = await connection.execute(_KNOWN, (list(flows), list(objects)))
    known: set[tuple[str, str]] = {(row[0], row[1]) async for row in cursor}
    kept: list[ObjectRow] = []
    for each in made:
        name = (each.data_flow_id, each.object_id)
        if each.parts is None or name not in known:
            kept.append(each)
        if each.parts is not None:
            known.add(name)
    return kept


def _received(recorded: Recorded, event: ObjectReceived) -> ObjectRow:
    """Of the data door: its source is whoever sent it, under this very key."""
    outcome = ObjectOutcome(
        object_id="",
        size_bytes=event.size_bytes,
        etag=event.etag,
        crc64nvme=event.crc64nvme,
        verdict=event.verdict,
    )
    told = Told(flow_of(recorded), "", recorded, NO_PLAN)
    name = rows.storable(event.key)
    return row_of(told, 0, outcome)._replace(key=name, destination_key=name)


async def _copy(connection: AsyncConnection, made: Sequence[ObjectRow]) -> None:
    if not made:
        return
    async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(TYPES)
        for row in made:
            await copy.write_row(row)


def _retries(page: Sequence[Recorded]) -> list[Retry]:
    return [
        Retry(flow_of(each), owner_of(each.event.segment_id), each.position)
        for each in page
        if isinstance(each.event, SegmentLeased) and each.version > _FIRST_LEASE_VERSION
    ]


async def _add_up(
    connection: AsyncConnection, made: Sequence[ObjectRow], page: Sequence[Recorded]
) -> None:
    by_flow = attrgetter("data_flow_id")
    groups = {
        flow: list(each) for flow, each in groupby(sorted(made, key=by_flow), by_flow)
    }
    skips = [
        (key(each.event.data_flow_id), each.event.skipped)
        for each in page
        if isinstance(each.event, PagePlanned) and each.event.skipped
    ]
    flows = {*groups, *(flow for flow, _ in skips)}
    if not flows:
        return
    table = "object_report_total"
    known = {flow: ReportTotal(flow) for flow in sorted(flows)}
    for total in await rows.load(connection, table, ReportTotal, flows):
        known[total.data_flow_id] = total
    for flow, skipped in skips:
        known[flow].skip(skipped)
    for flow, each in groups.items():
        known[flow].add(each)
    await rows.store(connection, table, ("data_flow_id",), known.values())
