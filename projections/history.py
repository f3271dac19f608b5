"""The whole history of one data flow: every event of every stream of it, in order.

The lines come from the log itself, as they were stored. The read model `history_index`
only says in which stretches of the log to look; what it has not indexed yet is looked
through as well, so that a history is complete however far behind the index is, or
when there is none.
"""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, Final, LiteralString

import pydantic_core
from psycopg import AsyncConnection

from domain import names
from projections.archive.reading import archived_events
from projections.history_filter import EVERYTHING, Chosen
from projections.history_lines import Stored, line_of
from projections.history_places import Place, places
from projections.rows import key
from projections.views import HistoryLine

_FIRST: Final[LiteralString] = (
    "SELECT notification_id FROM waybill_events"
    " WHERE originator_id = %s ORDER BY originator_version LIMIT 1"
)
# The search in the stored JSON is a sieve: whatever it lets through is looked at.
_LINES: Final[LiteralString] = (
    "SELECT notification_id, originator_id, originator_version, topic, state"
    " FROM waybill_events"
    " WHERE notification_id > %s AND notification_id <= %s"
    " AND position(%s in state) > 0"
    " AND (cardinality(%s::text[]) = 0 OR topic = ANY(%s::text[]))"
    " ORDER BY notification_id LIMIT %s"
)
# Where most of what is read may not be wanted, so much is read at once at least.
_LEAST_READ = 200
_OPENING: Final = b'{"event":{'

# What was read of the state already, where that was needed.
_Found = tuple[Stored, dict[str, Any] | None]


async def history(
    connection: AsyncConnection,
    data_flow_id: str,
    *,
    after: int = 0,
    limit: int = 500,
    chosen: Chosen = EVERYTHING,
) -> list[HistoryLine] | None:
    """The next lines after a position, at most `limit`; None for an unknown flow.

    Fewer than `limit` means that there are no more, for now.
    """
    found = await _found(connection, data_flow_id, (after, limit), chosen)
    return None if found is None else [line_of(*each) for each in found]


async def stored_events(
    connection: AsyncConnection,
    data_flow_id: str,
    *,
    after: int = 0,
    limit: int = 500,
    to: int | None = None,
) -> list[Stored] | None:
    """The next events as they are stored, for whoever folds them. As `history`."""
    found = await _found(connection, data_flow_id, (after, limit), Chosen(to=to))
    return None if found is None else [stored for stored, _ in found]


async def _found(
    connection: AsyncConnection,
    data_flow_id: str,
    page: tuple[int, int],
    chosen: Chosen,
) -> list[_Found] | None:
    after, limit = page
    stream = names.data_flow_stream(data_flow_id)
    row = await (await connection.execute(_FIRST, (stream,))).fetchone()
    if row is None:
        return None
    found: list[_Found] = []
    start = max(after, int(row[0]) - 1)
    archived = await archived_events(connection, key(data_flow_id))
    if archived:
        found = _of_archive(archived, after, chosen)[:limit]
        start = max(start, archived[-1].position)
        if len(found) == limit:
            return found
    async with aclosing(places(connection, data_flow_id, start)) as stretches:
        async for low, high in stretches:
            if chosen.to is not None and low >= chosen.to:
                break
            here = low, high if chosen.to is None else min(high, chosen.to)
            room = limit - len(found)
            found += await _read(connection, data_flow_id, here, room, chosen)
            if len(found) == limit:
                break
    return found


def _of_archive(archived: Sequence[Stored], after: int, chosen: Chosen) -> list[_Found]:
    return [
        (each, None)
        for each in archived
        if each.position > after
        and (chosen.to is None or each.position <= chosen.to)
        and (not chosen.topics or each.topic in chosen.topics)
        and (not chosen.sifts or chosen.takes(each.body()["metadata"]))
    ]


async def _read(
    connection: AsyncConnection,
    data_flow_id: str,
    place: Place,
    room: int,
    chosen: Chosen,
) -> list[_Found]:
    low, high = place
    needle = b'"data_flow_id":' + pydantic_core.to_json(data_flow_id)
    topics = sorted(chosen.topics)
    kept: list[_Found] = []
    while True:
        missing = room - len(kept)
        asked = max(missing, _LEAST_READ) if chosen.sifts else missing
        values = (low, high, needle, topics, topics, asked)
        cursor = await connection.execute(_LINES, values, prepare=True, binary=True)
        rows: Sequence[Any] = await cursor.fetchall()
        for row in rows:
            stored = Stored(*row)
            # Its first field, mostly: then all of it need not be read to know.
            certain = stored.state.startswith(needle, len(_OPENING))
            body = None if certain and not chosen.sifts else stored.body()
            if body is None or (
                body["event"].get("data_flow_id") == data_flow_id
                and chosen.takes(body["metadata"])
            ):
                kept.append((stored, body))
        if len(kept) >= room or len(rows) < asked:
            return kept[:room]
        low = rows[-1][0]
