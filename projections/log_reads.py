"""What a read model looks up in the log: streams, in the page's transaction."""

from collections.abc import Collection
from itertools import groupby
from operator import attrgetter
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection

from domain.message import Recorded
from eventlog import mapper
from eventlog.statements import SELECT_BEGINNINGS, SELECT_STREAMS


async def load_streams(
    connection: AsyncConnection, streams: Collection[UUID]
) -> dict[UUID, list[Recorded]]:
    """The events of each stream, in order."""
    return await _load(connection, SELECT_STREAMS, streams)


async def load_beginnings(
    connection: AsyncConnection, streams: Collection[UUID]
) -> dict[UUID, list[Recorded]]:
    """The first two events of each stream: a journal's plan, and its first lease."""
    return await _load(connection, SELECT_BEGINNINGS, streams)


async def _load(
    connection: AsyncConnection, query: LiteralString, streams: Collection[UUID]
) -> dict[UUID, list[Recorded]]:
    if not streams:
        return {}
    cursor = await connection.execute(
        query, (list(set(streams)),), prepare=True, binary=True
    )
    found = [mapper.to_recorded(*row) async for row in cursor]
    found.sort(key=attrgetter("stream", "version"))
    return {stream: list(each) for stream, each in groupby(found, attrgetter("stream"))}
