"""Which parts of a flow are done, by whom, when: read from the log, page by page.

A page holds what the log has after a position: plans first (a large object, a segment),
then each step of a segment (leased, a part copied, objects copied, done). Who keeps the
steps has the map of now, and of any moment before.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from operator import attrgetter
from typing import Any, Final, LiteralString

import pydantic_core
from psycopg import AsyncConnection

from domain import names
from domain.segment.events import (
    ObjectCopied,
    ObjectsCopied,
    ObjectsDeleted,
    PartCopied,
    SegmentDone,
    SegmentFailed,
    SegmentLeased,
    SegmentParked,
    SegmentPlanned,
)
from domain.transfer.events import ObjectPlanned
from projections.archive.reading import archived_events, is_archived
from projections.history_lines import Stored
from projections.history_places import Place, places
from projections.part_map_views import (
    Mapped,
    MappedObject,
    MappedSegment,
    MapStep,
    PartMapPage,
)
from projections.rows import key

Fields = Mapping[str, Any]

_FIRST: Final[LiteralString] = (
    "SELECT notification_id FROM waybill_events"
    " WHERE originator_id = %s ORDER BY originator_version LIMIT 1"
)
# The search in the stored JSON is a sieve: whatever it lets through is looked at. By
# itself the planner may search first, which costs much more than the topic.
_ROWS: Final[LiteralString] = (
    "SELECT notification_id, topic, state FROM waybill_events"
    " WHERE notification_id > %s AND notification_id <= %s"
    " AND CASE WHEN topic = ANY(%s) THEN position(%s in state) > 0 END"
    " ORDER BY notification_id LIMIT %s"
)
# So many events at once: a plan of a pack may be large.
_LARGEST_READ = 500
_Row = tuple[int, str, bytes]


async def part_map(
    connection: AsyncConnection, data_flow_id: str, *, after: int, limit: int
) -> PartMapPage | None:
    """The next `limit` events of the map; None for an unknown flow."""
    stream = names.data_flow_stream(data_flow_id)
    row = await (await connection.execute(_FIRST, (stream,))).fetchone()
    if row is None:
        return None
    begin = max(after, int(row[0]) - 1)
    archived = await archived_events(connection, key(data_flow_id))
    if archived is not None:
        found = await asyncio.to_thread(_of_archive, archived, after, limit)
    else:
        found = await _of_log(connection, data_flow_id, begin, limit)
        if await is_archived(connection, key(data_flow_id)):
            # Meanwhile: some may have been deleted before we came to them.
            return await part_map(connection, data_flow_id, after=after, limit=limit)
    last = found[-1].position if found else after
    return PartMapPage(
        objects=tuple(each for each in found if isinstance(each, MappedObject)),
        segments=tuple(each for each in found if isinstance(each, MappedSegment)),
        steps=tuple(each for each in found if isinstance(each, MapStep)),
        next=last if len(found) >= limit else None,
        position=last,
    )


def _of_archive(archived: Sequence[Stored], after: int, limit: int) -> list[Mapped]:
    found: list[Mapped] = []
    begin = bisect_right(archived, after, key=attrgetter("position"))
    for index in range(begin, len(archived)):
        if len(found) >= limit:
            break
        stored = archived[index]
        if stored.topic in _READ:
            body = stored.body()
            read = _READ[stored.topic]
            found.append(read(body["event"], body["metadata"], stored.position))
    return found


async def _of_log(
    connection: AsyncConnection, data_flow_id: str, begin: int, limit: int
) -> list[Mapped]:
    found: list[Mapped] = []
    async with aclosing(places(connection, data_flow_id, begin)) as stretches:
        async for place in stretches:
            found += await _of(connection, data_flow_id, place, limit - len(found))
            if len(found) >= limit:
                break
    return found


async def _of(
    connection: AsyncConnection, data_flow_id: str, place: Place, room: int
) -> list[Mapped]:
    low, high = place
    needle = b'"data_flow_id":' + pydantic_core.to_json(data_flow_id)
    found: list[Mapped] = []
    asked = min(room, _LARGEST_READ)
    while asked > 0:
        values = (low, high, list(_READ), needle, asked)
        cursor = await connection.execute(_ROWS, values, prepare=True, binary=True)
        rows = await cursor.fetchall()
        # In a thread: it takes longer than other requests should wait.
        found += await asyncio.to_thread(_mapped, data_flow_id, rows)
        if len(rows) < asked:
            break
        low = rows[-1][0]
        asked = min(room - len(found), _LARGEST_READ)
    return found


def _mapped(data_flow_id: str, rows: Iterable[_Row]) -> list[Mapped]:
    found: list[Mapped] = []
    for position, topic, state in rows:
        body = pydantic_core.from_json(state)
        event = body["event"]
        if event.get("data_flow_id") == data_flow_id:
            found.append(_READ[topic](event, body["metadata"], position))
    return found


def _planned(event: Fields, _: Fields, position: int) -> MappedObject:
    plan = event["object"]
    size, part = plan["size_bytes"], plan["part_size_bytes"]
    return MappedObject(
        object_id=plan["object_id"],
        key=plan["source_key"],
        size_bytes=size,
        part_size_bytes=part,
        parts=-(-size // part),
        route=event["route"],
        position=position,
    )


def _segment(event: Fields, _: Fields, position: int) -> MappedSegment:
    work = event["work"]
    several: list[Fields] = work.get("objects", [])
    one: Fields = work.get("object", {})
    sizes = [one] if one else several
    return MappedSegment(
        segment_id=event["segment_id"],
        kind=work["kind"],
        object_id=one.get("object_id"),
        first=work.get("first"),
        last=work.get("last"),
        objects=len(several) if several else None,
        size_bytes=sum(each.get("size_bytes", 0) for each in sizes),
        position=position,
    )


def _step(
    what: str, more: Callable[[Fields], dict[str, Any]] = lambda _: {}
) -> Callable[[Fields, Fields, int], MapStep]:
    def read(event: Fields, metadata: Fields, position: int) -> MapStep:
        return MapStep(
            segment_id=event["segment_id"],
            what=what,
            worker=metadata["actor"],
            at=metadata["occurred_at"],
            position=position,
            **more(event),
        )

    return read


def _part(event: Fields) -> dict[str, Any]:
    return {
        "part": event["part_number"],
        "size_bytes": event["length_bytes"],
        "adopted": event["adopted"],
    }


def _outcomes(event: Fields) -> dict[str, Any]:
    told: list[Fields] = event.get("objects") or [event["object"]]
    return {
        "objects": len(told),
        "failed": sum(each.get("error") is not None for each in told),
        "size_bytes": sum(each.get("size_bytes", 0) for each in told),
    }


_READ: Final[Mapping[str, Callable[[Fields, Fields, int], Mapped]]] = {
    ObjectPlanned.TOPIC: _planned,
    SegmentPlanned.TOPIC: _segment,
    SegmentLeased.TOPIC: _step("leased"),
    PartCopied.TOPIC: _step("part", _part),
    ObjectsCopied.TOPIC: _step("objects", _outcomes),
    ObjectCopied.TOPIC: _step("object", _outcomes),
    ObjectsDeleted.TOPIC: _step("deleted", _outcomes),
    SegmentDone.TOPIC: _step("done"),
    SegmentParked.TOPIC: _step("parked", lambda event: {"code": event["reason"]}),
    SegmentFailed.TOPIC: _step("failed", lambda event: {"code": event["code"]}),
}
