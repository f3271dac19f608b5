"""Files: kept once, found by what their stream says, deleted for good.

The stream is the truth: a file is there from the moment that `FileStored` is recorded,
and its bytes stand whole before that; it is gone from the moment that `FileDeleted`
is, and its bytes go after that. What a crash leaves in between is bytes that no stream
has, and the reaper or the next upload of the same bytes finds them.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain import file
from domain.errors import DataPlaneError, Side, VersionConflictError
from domain.file.commands import DeleteFile, StoreFile
from domain.file.events import FilePlaced, FileStored
from domain.message import Cause
from domain.names import file_place_stream, file_stream
from eventlog import Append, EventLog
from handlers.files.locks import Locks
from handlers.files.records import Record, Records
from handlers.files.store import (
    About,
    FileStore,
    Kept,
    Reading,
    Staging,
    Standing,
    Taken,
)
from handlers.objects import Range

ACTOR = "files"


def cause_of(causation_id: str, correlation_id: str) -> Cause:
    """The cause of what a request makes the file server record, now."""
    return Cause(
        causation_id=causation_id,
        correlation_id=correlation_id,
        actor=ACTOR,
        occurred_at=datetime.now(UTC),
    )


@dataclass(frozen=True)
class FileInfo:
    """What is known of a file that is there; `deduplicated`: it was there before."""

    file_id: str
    size_bytes: int
    content_type: str
    filename: str
    created_at: datetime
    place: str
    deduplicated: bool = False


class Files:
    """The files of all servers. Every method may be repeated after a crash."""

    def __init__(self, log: EventLog, store: FileStore, locks: Locks) -> None:
        """Keeps in memory what it has read of the files that were asked for last."""
        self.store = store
        self._log = log
        self._locks = locks
        self._records = Records(log)

    async def keep(
        self,
        taken: Taken,
        about: About,
        cause: Cause,
        user_id: str,
        also: Sequence[Append] = (),
    ) -> FileInfo:
        """Make staged bytes a file, or find that it is there; staged, they are no more.

        `also` is recorded in the same transaction. Raises VersionConflictError where a
        version of `also` is taken, `storage.upload-lost` where the staged bytes are
        gone and the file is not there, and what the store raises. A caller that goes
        away does not stop it: shield it.
        """
        # Whoever looks for bytes that nobody has, takes the upload's lock too.
        upload = f"upload/{taken.staging.upload_id}"
        async with self._locks.held(upload, f"file/{taken.file_id}"):
            record = await self._records.read(taken.file_id)
            kept = await self._standing(record.state.stored)
            fresh = kept is None
            if kept is None:
                kept = await self.store.keep(
                    taken.staging, taken.pieces, taken.file_id, about
                )
            command = StoreFile(
                file_id=taken.file_id,
                user_id=user_id,
                size_bytes=taken.size_bytes,
                content_type=about.content_type,
                filename=about.filename,
                place=kept.place,
                store=self.store.kind,
                upload_id=taken.staging.upload_id,
            )
            info = await self._record(record, command, cause, also, fresh=fresh)
            # Not before: after a crash in between, they are what is gone on from.
            # And not where they are the file, because this was done before.
            stored = record.state.stored
            if not fresh and stored and stored.upload_id != command.upload_id:
                # What cannot be forgotten now, the reaper finds.
                with suppress(DataPlaneError):
                    await self.store.discard(taken.staging)
            return info

    async def info(self, file_id: str) -> FileInfo:
        """What is known of it now. Raises `file.unknown`."""
        record = await self._records.read(file_id)
        stored = record.state.stored
        if stored is None:
            raise unknown(file_id)
        return _info(stored, record.stored_at)

    async def delete(self, file_id: str, cause: Cause, user_id: str) -> bool:
        """Delete it for good; returns whether it was there."""
        async with self._locks.held(f"file/{file_id}"):
            record = await self._records.read(file_id)
            stored = record.state.stored
            command = DeleteFile(file_id=file_id, user_id=user_id)
            events = file.decide(command, record.state)
            if stored is None or not events:
                return False
            stream = file_stream(file_id)
            await self._log.append(cause, Append(stream, record.version, events))
            await self.store.remove(stored.place)
            return True

    @asynccontextmanager
    async def open(self, info: FileInfo, span: Range | None) -> AsyncGenerator[Reading]:
        """Its bytes, or a range of them. Raises what the store raises."""
        async with self.store.read(info.place, info.size_bytes, span) as reading:
            yield reading

    async def is_stray(self, file_id: str, place: str) -> bool:
        """Whether no file has what stands at this place."""
        if not file_id:
            lines = await self._log.load(file_place_stream(place))
            events = [each.event for each in lines]
            ids = [each.file_id for each in events if isinstance(each, FilePlaced)]
            if not ids:
                return True
            file_id = ids[-1]
        stored = (await self._records.read(file_id)).state.stored
        return stored is None or stored.place != place

    async def reap(self, staging: Staging) -> bool:
        """Forget what an upload that is over has staged; whether there was anything.

        It may have become a file in the meantime.
        """
        async with self._locks.held(f"upload/{staging.upload_id}"):
            place = self.store.place_of(staging)
            if place is not None and not await self.is_stray("", place):
                return False
            await self.store.discard(staging)
            return True

    async def remove_stray(self, found: Standing) -> bool:
        """Remove what stands there, unless a file has it; whether it was removed."""
        whose = (
            f"file/{found.file_id}" if found.file_id else f"upload/{found.upload_id}"
        )
        async with self._locks.held(whose):
            stray = await self.is_stray(found.file_id, found.place)
            if stray:
                await self.store.remove(found.place)
            return stray

    async def _standing(self, stored: FileStored | None) -> Kept | None:
        """The file that is recorded, if its bytes are there too."""
        if stored is None or await self.store.size(stored.place) != stored.size_bytes:
            return None
        return Kept(stored.file_id, stored.size_bytes, stored.place)

    async def _record(
        self,
        record: Record,
        command: StoreFile,
        cause: Cause,
        also: Sequence[Append],
        *,
        fresh: bool,
    ) -> FileInfo:
        """Raises VersionConflictError where somebody had the lock that we lost.

        So `record` is what was read before the bytes were looked for.
        """
        # What was recorded, and has lost its bytes, is stored anew.
        events = file.decide(command, file.INITIAL if fresh else record.state)
        stream = file_stream(command.file_id)
        appends = [Append(stream, record.version, events)] if events else []
        if fresh and command.file_id not in command.place:
            appends.append(_placed(command))
        if appends or also:
            await self._log.append(cause, *appends, *also)
        now = await self._records.read(command.file_id)
        if now.state.stored is None:
            raise VersionConflictError("deleted while it was stored")
        info = _info(now.state.stored, now.stored_at)
        return replace(info, deduplicated=not fresh)


def unknown(file_id: str) -> DataPlaneError:
    """There is no such file, or no more."""
    shown = file_id[:64]
    return DataPlaneError(
        f"there is no file {shown!r}", code="file.unknown", side=Side.CALLER
    )


def _placed(command: StoreFile) -> Append:
    line = FilePlaced(
        file_id=command.file_id, place=command.place, upload_id=command.upload_id
    )
    return Append(file_place_stream(command.place), 0, [line])


def _info(stored: FileStored, stored_at: datetime) -> FileInfo:
    return FileInfo(
        file_id=stored.file_id,
        size_bytes=stored.size_bytes,
        content_type=stored.content_type,
        filename=stored.filename,
        created_at=stored_at,
        place=stored.place,
    )
