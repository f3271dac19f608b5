"""Which files are there, who brought them; and how far is each upload of one?"""

from collections.abc import Collection, Sequence
from typing import Any, Final, LiteralString, TypeVar, cast

from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.file.events import FileDeleted, FileStored, FileUploadedAgain
from domain.message import Event, Recorded
from domain.upload.events import (
    ChunkStored,
    UploadAborted,
    UploadBegun,
    UploadCompleted,
    UploadSealed,
)
from projections import rows
from projections.files_row import FileRow
from projections.read_model import ReadModel
from projections.uploads_row import UploadRow

_FILES: Final = "files"
_UPLOADS: Final = "uploads"
_LOAD_FILES: Final[LiteralString] = """
    SELECT file_id, size_bytes, content_type, filename, store, user_id, upload_id,
        times_uploaded, stored_at, uploaded_at, deleted_at, deleted_by,
        created_position, position
    FROM files WHERE file_id = ANY(%s)
"""
_LOAD_UPLOADS: Final[LiteralString] = """
    SELECT upload_id, user_id, protocol, filename, content_type, size_bytes,
        chunk_size_bytes, chunks, received_bytes, state, reason, code, file_id,
        begun_at, changed_at, ended_at, created_position, position
    FROM uploads WHERE upload_id = ANY(%s)
"""
_OF_FILES: tuple[type[Event], ...] = (FileStored, FileUploadedAgain, FileDeleted)
_OF_UPLOADS: tuple[type[Event], ...] = (
    *(UploadBegun, ChunkStored, UploadSealed),
    *(UploadCompleted, UploadAborted),
)

_Row = TypeVar("_Row", FileRow, UploadRow)


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Fold the page onto the files and the uploads that it is about."""
    of_files = [each for each in page if isinstance(each.event, _OF_FILES)]
    if of_files:
        names = {rows.key(cast("Any", each.event).file_id) for each in of_files}
        found = await _load(connection, _LOAD_FILES, FileRow, names)
        files = {row.file_id: row for row in found}
        for each in of_files:
            _fold_file(files, each)
        await rows.store(connection, _FILES, ("file_id",), files.values())
    of_uploads = [each for each in page if isinstance(each.event, _OF_UPLOADS)]
    if of_uploads:
        names = {rows.key(cast("Any", each.event).upload_id) for each in of_uploads}
        there = await _load(connection, _LOAD_UPLOADS, UploadRow, names)
        uploads = {row.upload_id: row for row in there}
        for each in of_uploads:
            _fold_upload(uploads, each)
        await rows.store(connection, _UPLOADS, ("upload_id",), uploads.values())


READ_MODEL = ReadModel.of(_FILES, (_FILES, _UPLOADS), apply, *_OF_FILES, *_OF_UPLOADS)


def _fold_file(known: dict[str, FileRow], recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(event, FileStored):
        known[rows.key(event.file_id)] = FileRow.stored(event, recorded)
        return
    row = known.get(rows.key(cast("Any", event).file_id))
    if row is not None:
        row.fold(event, recorded)


def _fold_upload(known: dict[str, UploadRow], recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(event, UploadBegun):
        known[rows.key(event.upload_id)] = UploadRow.begun(event, recorded)
        return
    row = known.get(rows.key(cast("Any", event).upload_id))
    if row is not None:
        row.fold(event, recorded)


async def _load(
    connection: AsyncConnection,
    query: LiteralString,
    kind: type[_Row],
    names: Collection[str],
) -> list[_Row]:
    async with connection.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(query, (list(names),), prepare=True)
        return await cursor.fetchall()
