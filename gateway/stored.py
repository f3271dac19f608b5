"""A flow's events for whoever folds them, wherever they are kept."""

from collections.abc import AsyncGenerator

from starlette.requests import ClientDisconnect, Request

from domain.errors import UnknownFlowError
from gateway.dependencies import Dependencies
from projections.archive.reading import read_ahead
from projections.history import stored_events
from projections.history_lines import Stored
from projections.rows import key

# Large enough that a query costs little, small enough for a thread's turn.
_PAGE = 1000


async def stored_pages(
    here: Dependencies,
    data_flow_id: str,
    to: int | None = None,
    *,
    request: Request | None = None,
) -> AsyncGenerator[list[Stored]]:
    """Pages of events in the order of the log, up to a position.

    Each has a connection and a snapshot of its own. Raises UnknownFlowError, and
    ClientDisconnect when nobody waits for what is made of it any more.
    """
    after = 0
    while True:
        if request is not None and await request.is_disconnected():
            raise ClientDisconnect
        await read_ahead(here.pool, key(data_flow_id))
        async with here.pool.connection() as connection:
            page = await stored_events(
                connection, data_flow_id, after=after, limit=_PAGE, to=to
            )
        if page is None:
            raise UnknownFlowError("there is no data flow with this id")
        yield page
        if len(page) < _PAGE:
            return
        after = page[-1].position
