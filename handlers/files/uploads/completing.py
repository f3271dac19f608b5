"""From all the chunks to the file: sealed first, then kept. Killed, it goes on."""

from dataclasses import dataclass

from domain.errors import (
    DataPlaneError,
    Side,
    StorageError,
    VersionConflictError,
)
from domain.names import upload_stream
from domain.upload import Phase, decide
from domain.upload.commands import CompleteUpload, SealUpload
from domain.upload.decide import require_known, require_open, require_whole
from eventlog import Append
from handlers.files.service import cause_of
from handlers.files.store import About, Taken
from handlers.files.uploads.journals import Entry
from handlers.files.uploads.service import Uploads, pieces_of, staging_of

_ATTEMPTS = 5
# There is no file, and there are no bytes that one could be made of.
_LOST = frozenset({"storage.upload-lost", "storage.mismatch"})


@dataclass(frozen=True)
class Completing:
    """Everything may be repeated, and then changes nothing."""

    uploads: Uploads

    async def complete(self, upload_id: str, request_id: str) -> Entry:
        """The upload, completed. Raises `upload.incomplete`, `upload.over`.

        `file.mismatch` where the bytes are not those that were promised: then the
        upload is aborted, and its bytes are gone.
        """
        entry = await self.uploads.journals.read(upload_id)
        if entry.state.phase is Phase.COMPLETED:
            return entry
        if entry.state.phase is not Phase.SEALED:
            require_open(entry.state)
            require_whole(entry.state)
        async with self.uploads.holds.alone(upload_id):
            return await self.complete_held(upload_id, request_id)

    async def complete_held(self, upload_id: str, request_id: str) -> Entry:
        """The same, of an upload that the caller has alone."""
        journals = self.uploads.journals
        for attempt in range(_ATTEMPTS):
            entry = await journals.read(upload_id)
            if entry.state.phase is Phase.COMPLETED:
                break
            try:
                entry = await self._sealed(entry, request_id)
                await self._kept(entry, request_id)
            except VersionConflictError:
                # Another process is at it too.
                if attempt == _ATTEMPTS - 1:
                    raise
            except StorageError as error:
                if error.code in _LOST:
                    abort = self.uploads.abort_held
                    await abort(upload_id, "failed", request_id, error.code)
                raise
        return await journals.read(upload_id)

    async def _sealed(self, entry: Entry, request_id: str) -> Entry:
        if entry.state.phase is Phase.SEALED:
            return entry
        begun = require_open(entry.state)
        require_whole(entry.state)
        store, staging = self.uploads.store, staging_of(begun)
        file_id = await store.digest(staging, pieces_of(entry.state))
        seal = SealUpload(upload_id=begun.upload_id, file_id=file_id)
        cause = cause_of(request_id, begun.upload_id)
        entry = await self.uploads.journals.record(seal, cause)
        if entry.state.phase is Phase.ABORTED:
            await self.uploads.aborted(entry.state)
            raise DataPlaneError(
                f"the bytes have the SHA-256 {file_id}, and another was promised",
                code="file.mismatch",
                side=Side.CALLER,
            )
        return entry

    async def _kept(self, entry: Entry, request_id: str) -> None:
        begun, state = require_known(entry.state), entry.state
        events = decide(CompleteUpload(upload_id=begun.upload_id), state)
        cause = cause_of(request_id, begun.upload_id)
        about = About(begun.content_type, cause.occurred_at.isoformat(), begun.filename)
        taken = Taken(
            staging_of(begun), pieces_of(state), state.file_id, begun.size_bytes
        )
        also = Append(upload_stream(begun.upload_id), entry.version, events)
        await self.uploads.house.files.keep(
            taken, about, cause, begun.user_id, (also,) if events else ()
        )
        self.uploads.metrics.completed(begun.protocol)
        job = self.uploads.telling.job(begun.upload_id, begun.user_id, begun.protocol)
        job.completed(state.file_id, begun.size_bytes)
        self.uploads.telling.forget(begun.upload_id)
