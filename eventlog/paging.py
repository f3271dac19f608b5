"""A page of the log, as followers read it."""

from collections.abc import Collection, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

from eventlog.statements import SELECT_PAGE, SELECT_PAGE_OF

PAGE_EVENTS = 500

# Position, stream, version, topic; the state, or None where nobody wants the topic.
Row = tuple[Any, ...]


async def page_after(
    connection: AsyncConnection,
    position: int,
    topics: Collection[str] | None,
    most: int = PAGE_EVENTS,
) -> Sequence[Row]:
    """The next rows of the log. `topics`: of which the state is wanted; None: of all.

    At most so many; fewer, and the log has no more now.
    """
    place = (position, most)
    query: LiteralString = SELECT_PAGE
    values: tuple[Any, ...] = place
    if topics is not None:
        query, values = SELECT_PAGE_OF, (list(topics), *place)
    cursor = await connection.execute(query, values, prepare=True, binary=True)
    return await cursor.fetchall()
