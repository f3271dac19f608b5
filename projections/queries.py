"""What the gateway asks of the read models. The only place that selects from them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.outlook import outlook
from projections.rows import key, storable
from projections.views import Flow, Progress

_FLOWS: Final[LiteralString] = """
    SELECT * FROM read_model.flow_status
    WHERE created_position < coalesce(%(before)s, 9223372036854775807)
      AND (%(state)s::text IS NULL OR state = %(state)s)
      AND (%(role)s::text IS NULL OR role = %(role)s)
      AND (%(party)s::text IS NULL OR counter_party_id = %(party)s)
    ORDER BY created_position DESC
    LIMIT %(limit)s
"""
_FLOW: Final[LiteralString] = (
    "SELECT * FROM read_model.flow_status WHERE data_flow_id = %s"
)
_PROGRESS: Final[LiteralString] = (
    "SELECT * FROM read_model.transfer_progress WHERE data_flow_id = %s"
)
_BY_STATE: Final[LiteralString] = (
    "SELECT state, count(*) FROM read_model.flow_status GROUP BY state"
)
_PENDING: Final[LiteralString] = (
    "SELECT count(*) FROM read_model.outbox WHERE state = 'pending'"
)


@dataclass(frozen=True)
class Filter:
    """Which data flows; None is any. `party` is the counter party's id."""

    state: str | None = None
    role: str | None = None
    party: str | None = None


async def flows(
    connection: AsyncConnection,
    chosen: Filter,
    *,
    before: int | None = None,
    limit: int = 50,
) -> tuple[tuple[Flow, ...], int | None]:
    """A page of data flows, the newest first, and where the next page begins.

    The place is the position of a flow's first event, so that a page stays where it is
    while flows are added.
    """
    party = storable(chosen.party) if chosen.party else None
    values = {
        "state": chosen.state,
        "role": chosen.role,
        "party": party,
        "before": before,
        "limit": limit + 1,
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_FLOWS, values)).fetchall()
    page = found[:limit]
    following = page[-1]["created_position"] if len(found) > limit else None
    return tuple(Flow.model_validate(row) for row in page), following


async def flow(connection: AsyncConnection, data_flow_id: str) -> Flow | None:
    """One data flow; None where the read model has not (yet) heard of it."""
    row = await _one(connection, _FLOW, data_flow_id)
    return Flow.model_validate(row) if row else None


async def progress(connection: AsyncConnection, data_flow_id: str) -> Progress | None:
    """One data flow's progress; None where the read model has not (yet) heard of it."""
    row = await _one(connection, _PROGRESS, data_flow_id)
    return outlook(row, datetime.now(UTC)) if row else None


async def flows_by_state(connection: AsyncConnection) -> dict[str, int]:
    """How many data flows are in each state."""
    return {row[0]: row[1] async for row in await connection.execute(_BY_STATE)}


async def pending_callbacks(connection: AsyncConnection) -> int:
    """How many callbacks the control planes are owed."""
    row = await (await connection.execute(_PENDING)).fetchone()
    return int(row[0]) if row else 0


async def _one(
    connection: AsyncConnection, query: LiteralString, data_flow_id: str
) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(query, (key(data_flow_id),))).fetchone()
