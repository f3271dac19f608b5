"""What a read model looks up in the log: whole streams, in the page's transaction."""

from collections.abc import Collection
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from psycopg import AsyncConnection

from domain.message import Recorded
from eventlog import mapper
from eventlog.statements import SELECT_STREAMS


async def load_streams(
    connection: AsyncConnection, streams: Collection[UUID]
) -> dict[UUID, list[Recorded]]:
    """The events of each stream, in order."""
    if not streams:
        return {}
    cursor = await connection.execute(
        SELECT_STREAMS, (list(set(streams)),), prepare=True, binary=True
    )
    found = [mapper.to_recorded(*row) async for row in cursor]
    found.sort(key=attrgetter("stream", "version"))
    return {stream: list(each) for stream, each in groupby(found, attrgetter("stream"))}
