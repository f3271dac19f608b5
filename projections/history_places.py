"""Where in the log to look for the events of a data flow."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final, LiteralString

from psycopg import AsyncConnection
from psycopg.errors import UndefinedTable

from eventlog.statements import SELECT_HEAD
from projections.history_index import READ_MODEL, STRETCH
from projections.rows import key

Place = tuple[int, int]

# So that no query, and no snapshot, lasts long.
_LONGEST_PLACE = 100_000
_STRETCHES = 256

_INDEXED: Final[LiteralString] = (
    "SELECT position FROM read_model.positions WHERE name = %s"
)
_STRETCHES_BETWEEN: Final[LiteralString] = (
    "SELECT stretch FROM read_model.history_index WHERE data_flow_id = %s"
    " AND stretch >= %s AND stretch <= %s ORDER BY stretch LIMIT %s"
)


async def places(
    connection: AsyncConnection, data_flow_id: str, after: int
) -> AsyncGenerator[Place]:
    """Runs of positions (`low` not included, `high` included), in order.

    First those that the index names, then all that it has not read yet.
    """
    indexed = await _indexed(connection)
    at = after
    while stretches := await _stretches(connection, data_flow_id, at, indexed):
        for low, high in _merged(stretches):
            yield max(low, at), min(high, indexed)
        at = (stretches[-1] + 1) * STRETCH - 1
    at = max(after, indexed)
    row = await (await connection.execute(SELECT_HEAD)).fetchone()
    head = int(row[0]) if row else 0
    while at < head:
        yield at, min(at + _LONGEST_PLACE, head)
        at += _LONGEST_PLACE


async def _stretches(
    connection: AsyncConnection, data_flow_id: str, after: int, to: int
) -> list[int]:
    if after >= to:
        return []
    found = await connection.execute(
        _STRETCHES_BETWEEN,
        (key(data_flow_id), (after + 1) // STRETCH, to // STRETCH, _STRETCHES),
    )
    return [row[0] async for row in found]


def _merged(stretches: Sequence[int]) -> list[Place]:
    merged: list[Place] = []
    for stretch in stretches:
        low, high = stretch * STRETCH - 1, (stretch + 1) * STRETCH - 1
        if merged and merged[-1][1] == low:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


async def _indexed(connection: AsyncConnection) -> int:
    try:
        found = await connection.execute(_INDEXED, (READ_MODEL.name,))
    except UndefinedTable:
        # There is no index at all: somebody is about to rebuild it.
        return 0
    row = await found.fetchone()
    return int(row[0]) if row else 0
