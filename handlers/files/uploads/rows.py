"""The uploads that are not over: applied from the log, a page a transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, LiteralString, get_args

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.message import Recorded
from domain.upload.events import (
    ChunkStored,
    UploadAborted,
    UploadBegun,
    UploadCompleted,
    UploadEvent,
    UploadSealed,
)

TOPICS: Final = frozenset(event.TOPIC for event in get_args(UploadEvent))

_BEGIN: Final[LiteralString] = (
    "INSERT INTO uploads.unfinished (upload_id, lifetime, expires_at)"
    " VALUES (%(upload_id)s, %(lifetime)s, %(expires_at)s)"
    " ON CONFLICT (upload_id) DO NOTHING"
)
_TOUCH: Final[LiteralString] = (
    "UPDATE uploads.unfinished SET expires_at = %(at)s + lifetime"
    " WHERE upload_id = %(upload_id)s"
)
_SEAL: Final[LiteralString] = (
    "UPDATE uploads.unfinished SET sealed = true WHERE upload_id = %(upload_id)s"
)
_END: Final[LiteralString] = (
    "DELETE FROM uploads.unfinished WHERE upload_id = %(upload_id)s"
)
_DUE: Final[LiteralString] = (
    "SELECT upload_id, expires_at FROM uploads.unfinished"
    " WHERE (sealed OR expires_at < now()) AND (expires_at, upload_id) > (%s, %s)"
    " ORDER BY expires_at, upload_id LIMIT %s"
)
Place = tuple[datetime, str]
BEGINNING: Final[Place] = (datetime.min.replace(tzinfo=UTC), "")


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Apply a page to the rows, in the caller's transaction."""
    for recorded in page:
        statement, values = _change(recorded)
        await connection.execute(statement, values)


def _change(recorded: Recorded) -> tuple[LiteralString, dict[str, Any]]:
    event, at = recorded.event, recorded.metadata.occurred_at
    match event:
        case UploadBegun(upload_id=upload_id, expires_at=expires_at):
            lifetime = expires_at - at
            values = {"lifetime": lifetime, "expires_at": expires_at}
            return _BEGIN, {"upload_id": upload_id, **values}
        case ChunkStored(upload_id=upload_id):
            return _TOUCH, {"upload_id": upload_id, "at": at}
        case UploadSealed(upload_id=upload_id):
            return _SEAL, {"upload_id": upload_id}
        case UploadCompleted(upload_id=upload_id) | UploadAborted(upload_id=upload_id):
            return _END, {"upload_id": upload_id}
        case _:
            msg = f"{event.TOPIC} is no upload's"
            raise TypeError(msg)


async def due(pool: AsyncConnectionPool, after: Place, most: int) -> list[Place]:
    """Those that have expired, and those that are sealed: when, and which."""
    async with pool.connection() as connection:
        found = await connection.execute(_DUE, (*after, most))
        return [(row[1], str(row[0])) async for row in found]
