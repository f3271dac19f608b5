"""Reads the row of a data flow that the read models may be about to hear of."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import AsyncConnection

from domain.errors import UnknownFlowError
from projections import positions

_Row = TypeVar("_Row")
_PATIENCE_SECONDS = 3.0


async def known(
    connection: AsyncConnection,
    name: str,
    read: Callable[[AsyncConnection, str], Awaitable[_Row | None]],
    data_flow_id: str,
) -> _Row:
    """The row; who has just started a flow and asks at once does not get a 404.

    Raises UnknownFlowError when the read model has caught up and does not know it, or
    when it does not catch up in time.
    """
    found = await read(connection, data_flow_id)
    if found is None and await positions.caught_up(connection, name, _PATIENCE_SECONDS):
        found = await read(connection, data_flow_id)
    if found is None:
        raise UnknownFlowError("no such data flow is known here, or not yet")
    return found
