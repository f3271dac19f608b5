"""The whole history of one data flow: every event of every stream of it, in order.

The lines come from the log itself, as they were stored. The read model `history_index`
only says in which stretches of the log to look; what it has not indexed yet is looked
through as well, so that a history is complete however far behind the index is, or
when there is none.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from operator import attrgetter
from typing import Any, Final, LiteralString, NamedTuple

import pydantic_core
from psycopg import AsyncConnection

from domain import names
from eventlog.statements import SELECT_HEAD
from projections.archive.reading import archived_events, is_archived
from projections.history_filter import EVERYTHING, Chosen
from projections.history_lines import Stored, line_of
from projections.history_places import Place, places
from projections.rows import key
from projections.views import HistoryLine

_FIRST: Final[LiteralString] = (
    "SELECT notification_id FROM waybill_events"
    " WHERE originator_id = %s ORDER BY originator_version LIMIT 1"
)
_LINES: Final[LiteralString] = (
    "SELECT notification_id, originator_id, originator_version, topic, state"
    " FROM waybill_events"
    " WHERE notification_id > %(low)s AND notification_id <= %(high)s"
)
# The search in the stored JSON is a sieve: whatever it lets through is looked at.
_ITS_OWN: Final[LiteralString] = "position(%(needle)s in state) > 0"
_NEXT: Final[LiteralString] = " ORDER BY notification_id LIMIT %(asked)s"
_ALL_LINES: Final[LiteralString] = f"{_LINES} AND {_ITS_OWN}{_NEXT}"
# By itself the planner may search first, which costs much more than the topic.
_LINES_OF_TOPICS: Final[LiteralString] = (
    f"{_LINES} AND CASE WHEN topic = ANY(%(topics)s) THEN {_ITS_OWN} END{_NEXT}"
)
# Where most of what is read may not be wanted, so much is read at once at least.
_LEAST_READ = 200
_OPENING: Final = b'{"event":{'

# What was read of the state already, where that was needed.
_Found = tuple[Stored, dict[str, Any] | None]


class Searched(NamedTuple):
    """Lines of a history; up to `position` there are no others that were wanted."""

    lines: list[HistoryLine]
    position: int


async def history_page(
    connection: AsyncConnection,
    data_flow_id: str,
    *,
    after: int = 0,
    limit: int = 500,
    chosen: Chosen = EVERYTHING,
) -> Searched | None:
    """As `history`, and how far was searched: the `after` to ask with later."""
    row = await (await connection.execute(SELECT_HEAD)).fetchone()
    head = int(row[0]) if row else 0
    lines = await history(
        connection, data_flow_id, after=after, limit=limit, chosen=chosen
    )
    if lines is None:
        return None
    last = lines[-1].position if lines else after
    if len(lines) == limit:
        return Searched(lines, last)
    end = head if chosen.to is None else min(head, chosen.to)
    return Searched(lines, max(last, end))


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
    start = max(after, int(row[0]) - 1)
    archived = await archived_events(connection, key(data_flow_id))
    if archived is not None:
        found = await asyncio.to_thread(_of_archive, archived, page, chosen)
        if len(found) == limit:
            return found
        start = max(start, archived[-1].position if archived else 0)
        rest = (start, limit - len(found))
        return found + await _of_log(connection, data_flow_id, rest, chosen)
    found = await _of_log(connection, data_flow_id, (start, limit), chosen)
    if await is_archived(connection, key(data_flow_id)):
        # Meanwhile: some may have been deleted before we came to them. A snapshot of
        # the log would not do, for a rebuild may replace the index under it.
        return await _found(connection, data_flow_id, page, chosen)
    return found


async def _of_log(
    connection: AsyncConnection,
    data_flow_id: str,
    page: tuple[int, int],
    chosen: Chosen,
) -> list[_Found]:
    start, limit = page
    found: list[_Found] = []
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


def _of_archive(
    archived: Sequence[Stored], page: tuple[int, int], chosen: Chosen
) -> list[_Found]:
    after, limit = page
    return [(each, None) for each in islice(_wanted(archived, after, chosen), limit)]


def _wanted(archived: Sequence[Stored], after: int, chosen: Chosen) -> Iterator[Stored]:
    begin = bisect_right(archived, after, key=attrgetter("position"))
    for index in range(begin, len(archived)):
        each = archived[index]
        if chosen.to is not None and each.position > chosen.to:
            return
        if chosen.topics and each.topic not in chosen.topics:
            continue
        if not chosen.sifts or chosen.takes(each.body()["metadata"]):
            yield each


async def _read(
    connection: AsyncConnection,
    data_flow_id: str,
    place: Place,
    room: int,
    chosen: Chosen,
) -> list[_Found]:
    low, high = place
    needle = b'"data_flow_id":' + pydantic_core.to_json(data_flow_id)
    query = _LINES_OF_TOPICS if chosen.topics else _ALL_LINES
    values: dict[str, Any] = {"high": high, "needle": needle}
    if chosen.topics:
        values["topics"] = sorted(chosen.topics)
    kept: list[_Found] = []
    while True:
        missing = room - len(kept)
        asked = max(missing, _LEAST_READ) if chosen.sifts else missing
        values |= {"low": low, "asked": asked}
        cursor = await connection.execute(query, values, prepare=True, binary=True)
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
