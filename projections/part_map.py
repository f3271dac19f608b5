"""Which parts of a flow are done, by whom, when: read from the log, page by page.

A page holds what the log has after a position: plans first (a large object, a segment),
then each step of a segment (leased, a part copied, objects copied, done). Who keeps the
steps has the map of now, and of any moment before.
"""

from collections.abc import Callable, Mapping
from contextlib import aclosing
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
from projections.history_places import Place, places
from projections.views import Moment, View

Fields = Mapping[str, Any]

_FIRST: Final[LiteralString] = (
    "SELECT notification_id FROM waybill_events"
    " WHERE originator_id = %s ORDER BY originator_version LIMIT 1"
)
# The search in the stored JSON is a sieve: whatever it lets through is looked at.
_ROWS: Final[LiteralString] = (
    "SELECT notification_id, topic, state FROM waybill_events"
    " WHERE notification_id > %s AND notification_id <= %s AND topic = ANY(%s)"
    " AND position(%s in state) > 0 ORDER BY notification_id LIMIT %s"
)


class MappedObject(View):
    """A large object, cut into `parts` of `part_size_bytes` (the last may be less)."""

    object_id: str
    key: str
    size_bytes: int
    part_size_bytes: int
    parts: int
    route: str
    position: int


class MappedSegment(View):
    """A piece of work. `kind`: parts, pack, completion or deletion.

    Of `parts` the numbers `first` to `last` of `object_id`; of a pack or deletion so
    many `objects`.
    """

    segment_id: str
    kind: str
    object_id: str | None = None
    first: int | None = None
    last: int | None = None
    objects: int | None = None
    size_bytes: int
    position: int


class MapStep(View):
    """What a segment's journal says.

    `what`: leased, part, objects, object, deleted, done, parked or failed.
    `part` is the number of a part; `objects` and `failed` count those with an outcome.
    `code` says why it failed or was put down.
    """

    segment_id: str
    what: str
    worker: str
    at: Moment
    position: int
    part: int | None = None
    objects: int | None = None
    failed: int | None = None
    size_bytes: int | None = None
    adopted: bool = False
    code: str | None = None


_Mapped = MappedObject | MappedSegment | MapStep


class PartMapPage(View):
    """What the log says after a position, in its order.

    `next` is the `after` of the following page, null where there is none for now;
    `position` is the `after` with which to ask later for what is new.
    """

    objects: tuple[MappedObject, ...]
    segments: tuple[MappedSegment, ...]
    steps: tuple[MapStep, ...]
    next: int | None
    position: int


async def part_map(
    connection: AsyncConnection, data_flow_id: str, *, after: int, limit: int
) -> PartMapPage | None:
    """The next `limit` events of the map; None for an unknown flow."""
    stream = names.data_flow_stream(data_flow_id)
    row = await (await connection.execute(_FIRST, (stream,))).fetchone()
    if row is None:
        return None
    found: list[_Mapped] = []
    begin = max(after, int(row[0]) - 1)
    async with aclosing(places(connection, data_flow_id, begin)) as stretches:
        async for place in stretches:
            found += await _of(connection, data_flow_id, place, limit - len(found))
            if len(found) >= limit:
                break
    last = found[-1].position if found else after
    return PartMapPage(
        objects=tuple(each for each in found if isinstance(each, MappedObject)),
        segments=tuple(each for each in found if isinstance(each, MappedSegment)),
        steps=tuple(each for each in found if isinstance(each, MapStep)),
        next=last if len(found) >= limit else None,
        position=last,
    )


async def _of(
    connection: AsyncConnection, data_flow_id: str, place: Place, room: int
) -> list[_Mapped]:
    low, high = place
    needle = b'"data_flow_id":' + pydantic_core.to_json(data_flow_id)
    found: list[_Mapped] = []
    read = asked = room
    while asked > 0 and read == asked:
        asked = room - len(found)
        values = (low, high, list(_READ), needle, asked)
        cursor = await connection.execute(_ROWS, values, prepare=True, binary=True)
        rows = await cursor.fetchall()
        read = len(rows)
        for position, topic, state in rows:
            low = position
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


_READ: Final[Mapping[str, Callable[[Fields, Fields, int], _Mapped]]] = {
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
