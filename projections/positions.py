"""How far the read models are, and how far behind the log."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final, LiteralString

import psycopg
import pydantic_core
from psycopg import AsyncConnection

from eventlog.statements import SELECT_HEAD
from projections.catalogue import READ_MODELS
from projections.views import Lag

_POLL_SECONDS = 0.02
_POSITIONS: Final[LiteralString] = "SELECT name, position FROM read_model.positions"
_OLDEST: Final[LiteralString] = (
    "SELECT state FROM waybill_events WHERE notification_id > %s"
    " ORDER BY notification_id LIMIT 1"
)


async def positions(connection: AsyncConnection) -> dict[str, int]:
    """The position of the last event that each read model has applied."""
    known = {row[0]: row[1] async for row in await connection.execute(_POSITIONS)}
    return {name: known.get(name, 0) for name in READ_MODELS}


async def lag(connection: AsyncConnection, name: str) -> Lag:
    """How far one read model is behind. Positions have holes, so it may overstate."""
    return (await lags(connection))[name]


async def lags(connection: AsyncConnection) -> dict[str, Lag]:
    """How far each read model is behind the log."""
    applied = await positions(connection)
    row = await (await connection.execute(SELECT_HEAD)).fetchone()
    head = int(row[0]) if row else 0
    ages = {at: await _age(connection, at) for at in set(applied.values()) if at < head}
    return {
        name: Lag(positions=max(0, head - at), seconds=ages.get(at, 0.0))
        for name, at in applied.items()
    }


async def caught_up(connection: AsyncConnection, name: str, seconds: float) -> bool:
    """Wait until a read model has applied what the log holds now; False: too late."""
    row = await (await connection.execute(SELECT_HEAD)).fetchone()
    head = int(row[0]) if row else 0
    deadline = time.monotonic() + seconds
    while (await positions(connection))[name] < head:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


async def positions_report(database_url: str) -> str:
    """A line per read model, for an operator."""
    connect = psycopg.AsyncConnection.connect(database_url, autocommit=True)
    async with await connect as connection:
        applied = await positions(connection)
        behind = await lags(connection)
    return "\n".join(
        f"{name:20} {at:>12} {behind[name].positions:>12} behind"
        f" {behind[name].seconds:>9.1f} s"
        for name, at in applied.items()
    )


async def _age(connection: AsyncConnection, position: int) -> float:
    row = await (await connection.execute(_OLDEST, (position,))).fetchone()
    if row is None:
        return 0.0
    metadata = pydantic_core.from_json(bytes(row[0]))["metadata"]
    recorded_at = datetime.fromisoformat(metadata["recorded_at"])
    return max(0.0, (datetime.now(UTC) - recorded_at).total_seconds())
