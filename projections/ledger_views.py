"""The multipart ledger, as the gateway shows it."""

from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.ledger_row import UploadState
from projections.rows import key, storable
from projections.views import Lag, Moment, View

_UPLOADS: Final[LiteralString] = """
    SELECT * FROM read_model.multipart_ledger
    WHERE created_position < coalesce(%(before)s, 9223372036854775807)
      AND (%(state)s::text IS NULL OR state = %(state)s)
      AND (%(flow)s::text IS NULL OR data_flow_id = %(flow)s)
      AND (%(endpoint)s::text IS NULL OR endpoint = %(endpoint)s)
    ORDER BY created_position DESC
    LIMIT %(limit)s
"""
# The partial index is only of use where the state is a constant of the query.
_OPEN: Final[LiteralString] = _UPLOADS.replace(
    "ORDER BY", "AND state = 'open' ORDER BY"
)
_COUNT: Final[LiteralString] = (
    "SELECT count(*) FROM read_model.multipart_ledger WHERE state = 'open'"
)


class LedgerLine(View):
    """A multipart upload; sizes in bytes, of the parts that were recorded.

    `uploadId` is ours where `by` is `reception` (somebody sends it to a data door), and
    the storage's where it is `transfer`; `storageUploadId` is always the storage's, and
    empty while nobody knows whether it has begun it.
    """

    data_flow_id: str
    object_id: str
    upload_id: str
    storage_upload_id: str
    by: str
    endpoint: str
    bucket: str
    destination_key: str
    state: str
    code: str | None
    parts: int
    size_bytes: int
    created_at: Moment
    ended_at: Moment | None
    position: int


class Ledger(View):
    """Multipart uploads, the newest first; `next` is where the following page begins.

    `open` counts all that are ours to complete or abort.
    """

    uploads: tuple[LedgerLine, ...]
    open: int
    next: int | None
    lag: Lag


@dataclass(frozen=True)
class LedgerFilter:
    """Which uploads; None is any."""

    state: UploadState | None = None
    flow: str | None = None
    endpoint: str | None = None


async def ledger(
    connection: AsyncConnection,
    chosen: LedgerFilter,
    behind: Lag,
    *,
    before: int | None = None,
    limit: int = 50,
) -> Ledger:
    """A page of uploads; it stays where it is while uploads are added."""
    values = {
        "state": chosen.state,
        "flow": key(chosen.flow) if chosen.flow else None,
        "endpoint": storable(chosen.endpoint) if chosen.endpoint else None,
        "before": before,
        "limit": limit + 1,
    }
    query = _OPEN if chosen.state is UploadState.OPEN else _UPLOADS
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(query, values)).fetchall()
    page = found[:limit]
    return Ledger(
        uploads=tuple(LedgerLine.model_validate(row) for row in page),
        open=await open_uploads(connection),
        next=page[-1]["created_position"] if len(found) > limit else None,
        lag=behind,
    )


async def open_uploads(connection: AsyncConnection) -> int:
    """How many are ours to complete or abort."""
    row = await (await connection.execute(_COUNT)).fetchone()
    return int(row[0]) if row else 0
