"""The files and the uploads of the file store, as the gateway shows them."""

from dataclasses import dataclass
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.rows import storable
from projections.uploads_row import FileUploadState
from projections.views import Lag, Moment, View

_FILES: Final[LiteralString] = """
    SELECT * FROM read_model.files
    WHERE created_position < coalesce(%(before)s, 9223372036854775807)
      AND (%(user)s::text IS NULL OR user_id = %(user)s)
      AND (%(deleted)s OR deleted_at IS NULL)
    ORDER BY created_position DESC
    LIMIT %(limit)s
"""
_UPLOADS: Final[LiteralString] = """
    SELECT * FROM read_model.uploads
    WHERE created_position < coalesce(%(before)s, 9223372036854775807)
      AND (%(user)s::text IS NULL OR user_id = %(user)s)
      AND (%(state)s::text IS NULL OR state = %(state)s)
    ORDER BY created_position DESC
    LIMIT %(limit)s
"""
_SUM: Final[LiteralString] = """
    SELECT count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS size_bytes
    FROM read_model.files WHERE deleted_at IS NULL
"""
_OPEN: Final[LiteralString] = (
    "SELECT count(*) AS open FROM read_model.uploads WHERE state = 'open'"
)


class FileLine(View):
    """A file; `fileId` is the SHA-256 of its bytes."""

    file_id: str
    size_bytes: int
    content_type: str
    filename: str
    store: str
    user_id: str
    times_uploaded: int
    stored_at: Moment
    uploaded_at: Moment
    deleted_at: Moment | None
    deleted_by: str | None


class FileList(View):
    """Files, the newest first; `next` is where the following page begins.

    `count` and `sizeBytes` are of all files that are there.
    """

    files: tuple[FileLine, ...]
    count: int
    size_bytes: int
    next: int | None
    lag: Lag


class FileUploadLine(View):
    """An upload in chunks, by either protocol; `fileId` once it is known."""

    upload_id: str
    user_id: str
    protocol: str
    filename: str
    content_type: str
    size_bytes: int
    chunk_size_bytes: int | None
    chunks: int
    received_bytes: int
    state: str
    reason: str | None
    code: str | None
    file_id: str | None
    begun_at: Moment
    changed_at: Moment
    ended_at: Moment | None


class FileUploadList(View):
    """Uploads, the newest first; `open` counts all that may still get chunks."""

    uploads: tuple[FileUploadLine, ...]
    open: int
    next: int | None
    lag: Lag


@dataclass(frozen=True)
class Chosen:
    """Which of them; None is any. `before` is the `next` of the page before."""

    user: str | None = None
    before: int | None = None
    limit: int = 50
    deleted: bool = False
    state: FileUploadState | None = None


async def files(connection: AsyncConnection, chosen: Chosen, behind: Lag) -> FileList:
    """A page of files; it stays where it is while files are added."""
    found, next_ = await _page(connection, _FILES, chosen)
    totals = await _row(connection, _SUM)
    return FileList(
        files=tuple(FileLine.model_validate(row) for row in found),
        count=totals["files"],
        size_bytes=totals["size_bytes"],
        next=next_,
        lag=behind,
    )


async def uploads(
    connection: AsyncConnection, chosen: Chosen, behind: Lag
) -> FileUploadList:
    """A page of uploads."""
    found, next_ = await _page(connection, _UPLOADS, chosen)
    totals = await _row(connection, _OPEN)
    return FileUploadList(
        uploads=tuple(FileUploadLine.model_validate(row) for row in found),
        open=totals["open"],
        next=next_,
        lag=behind,
    )


async def _page(
    connection: AsyncConnection, query: LiteralString, chosen: Chosen
) -> tuple[list[dict[str, Any]], int | None]:
    values = {
        "user": storable(chosen.user) if chosen.user else None,
        "before": chosen.before,
        "deleted": chosen.deleted,
        "state": chosen.state,
        "limit": chosen.limit + 1,
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(query, values)).fetchall()
    page = found[: chosen.limit]
    more = len(found) > chosen.limit
    return page, page[-1]["created_position"] if more else None


async def _row(connection: AsyncConnection, query: LiteralString) -> dict[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        row = await (await cursor.execute(query)).fetchone()
    return row or {}
