"""The whole history of one data flow: every event of every stream of it, in order.

The lines come from the log itself, as they were stored. The read model `history_index`
only says in which stretches of the log to look; what it has not indexed yet is looked
through as well, so that a history is complete however far behind the index is, or
when there is none.
"""

from contextlib import aclosing
from typing import Any, Final, LiteralString

import pydantic_core
from psycopg import AsyncConnection

from domain import names
from projections.history_places import Place, places
from projections.views import HistoryLine

_FIRST: Final[LiteralString] = (
    "SELECT notification_id FROM waybill_events"
    " WHERE originator_id = %s ORDER BY originator_version LIMIT 1"
)
# The search in the stored JSON is a sieve: whatever it lets through is looked at.
_LINES: Final[LiteralString] = (
    "SELECT notification_id, originator_version, topic, state FROM waybill_events"
    " WHERE notification_id > %s AND notification_id <= %s"
    " AND position(%s in state) > 0 ORDER BY notification_id LIMIT %s"
)


async def history(
    connection: AsyncConnection, data_flow_id: str, *, after: int = 0, limit: int = 500
) -> list[HistoryLine] | None:
    """The next events after a position, at most `limit`; None for an unknown flow.

    Fewer than `limit` means that there are no more, for now.
    """
    stream = names.data_flow_stream(data_flow_id)
    row = await (await connection.execute(_FIRST, (stream,))).fetchone()
    if row is None:
        return None
    lines: list[HistoryLine] = []
    start = max(after, int(row[0]) - 1)
    async with aclosing(places(connection, data_flow_id, start)) as found:
        async for place in found:
            lines += await _lines(connection, data_flow_id, place, limit - len(lines))
            if len(lines) == limit:
                break
    return lines


async def _lines(
    connection: AsyncConnection, data_flow_id: str, place: Place, room: int
) -> list[HistoryLine]:
    low, high = place
    needle = b'"data_flow_id":' + pydantic_core.to_json(data_flow_id)
    lines: list[HistoryLine] = []
    asked = found = room
    while asked and found == asked:
        asked = room - len(lines)
        cursor = await connection.execute(
            _LINES, (low, high, needle, asked), prepare=True, binary=True
        )
        rows = await cursor.fetchall()
        found = len(rows)
        for position, version, topic, state in rows:
            low = position
            body = pydantic_core.from_json(state)
            if body["event"].get("data_flow_id") == data_flow_id:
                lines.append(_line(position, version, topic, body))
    return lines


def _line(position: int, version: int, topic: str, body: dict[str, Any]) -> HistoryLine:
    event, metadata = body["event"], body["metadata"]
    # What a segment's worker saw of an endpoint is in the segment's journal.
    of_segment = "segment_id" in event
    category = "segment" if of_segment else topic.partition(".")[0]
    name = event["segment_id" if of_segment else "data_flow_id"]
    return HistoryLine(
        position=position,
        stream=f"{category}/{name}",
        version=version,
        topic=topic,
        data=event,
        **metadata,
    )
