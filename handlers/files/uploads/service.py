"""Resumable uploads: begun, looked at, ended. What comes in, `receiving` takes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uuid_utils.compat import uuid7

from domain.errors import DataPlaneError, InvalidMessageError, Side
from domain.upload import Phase, Upload
from domain.upload.commands import AbortUpload, BeginUpload
from domain.upload.decide import require_known
from domain.upload.events import AbortReason, Protocol, UploadBegun
from domain.upload.plan import fitting
from handlers.files.house import House
from handlers.files.service import cause_of
from handlers.files.store import Piece, Staging
from handlers.files.uploads.admission import Admission
from handlers.files.uploads.holds import Holds
from handlers.files.uploads.journals import Entry, Journals
from handlers.files.uploads.metrics import UploadMetrics
from handlers.files.uploads.settings import UploadSettings
from handlers.files.uploads.telling import Telling

_log = logging.getLogger(__name__)

_MOST_METADATA_BYTES = 16 * 1024


@dataclass(frozen=True)
class Wanted:
    """An upload as its sender asks for it (bytes; `sha256` in hex, or empty)."""

    user_id: str
    protocol: Protocol
    size_bytes: int
    metadata: Mapping[str, str]
    chunk_size_bytes: int | None = None
    filename: str = ""
    content_type: str = ""
    sha256: str = ""


class Uploads:
    """All of this server's. Everything may be repeated after a crash."""

    def __init__(self, house: House, settings: UploadSettings) -> None:
        """Nothing has begun."""
        self.house, self.settings = house, settings
        self.store = house.files.store
        self.journals = Journals(house.log)
        self.holds = Holds()
        self.metrics = UploadMetrics(house.metrics.registry)
        self.admission = Admission(settings, self.metrics)
        self.telling = Telling(house.jobs)

    async def begin(self, wanted: Wanted, request_id: str) -> Entry:
        """Make a place for its bytes. Raises DataPlaneError where there is none."""
        guards, size = self.house.guards, wanted.size_bytes
        guards.require_size(size)
        if sum(map(len, (*wanted.metadata, *wanted.metadata.values()))) > (
            _MOST_METADATA_BYTES
        ):
            raise InvalidMessageError("the metadata are too long")
        await guards.require_room(size)
        upload_id = uuid7().hex
        staging = await self.store.begin(upload_id)
        seconds = self.settings.upload_expiry_seconds
        command = BeginUpload(
            upload_id=upload_id,
            user_id=wanted.user_id,
            protocol=wanted.protocol,
            size_bytes=size,
            chunk_size_bytes=self._chunk_size(wanted),
            content_type=wanted.content_type or "application/octet-stream",
            filename=wanted.filename,
            metadata=wanted.metadata,
            sha256=wanted.sha256,
            store=self.store.kind,
            reference=staging.reference,
            expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        )
        entry = await self.journals.record(command, cause_of(request_id, upload_id))
        self.metrics.begun(wanted.protocol)
        self.telling.started(upload_id, wanted.user_id, wanted.protocol, size)
        return entry

    async def entry(
        self, upload_id: str, user_id: str, *, lately: bool = False
    ) -> Entry:
        """One of this user's own. Raises `upload.unknown`, also for another's.

        `lately` is good enough for who goes on to record something.
        """
        read = self.journals.lately if lately else self.journals.read
        entry = await read(upload_id)
        if require_known(entry.state).user_id != user_id:
            raise DataPlaneError(
                "there is no such upload", code="upload.unknown", side=Side.CALLER
            )
        return entry

    async def abort(
        self, upload_id: str, reason: AbortReason, request_id: str, code: str = ""
    ) -> None:
        """End it, and forget its bytes. Raises `upload.over` where it is a file."""
        async with self.holds.alone(upload_id):
            await self.abort_held(upload_id, reason, request_id, code)

    async def abort_held(
        self, upload_id: str, reason: AbortReason, request_id: str, code: str = ""
    ) -> None:
        """The same, of an upload that the caller has alone."""
        before = await self.journals.read(upload_id)
        command = AbortUpload(upload_id=upload_id, reason=reason, code=code)
        after = await self.journals.record(command, cause_of(request_id, upload_id))
        if before.state.phase is not Phase.ABORTED:
            self._tell_aborted(after.state)
        await self.discarded(after.state)

    async def aborted(self, state: Upload) -> None:
        """Count it, tell it, and forget its bytes."""
        self._tell_aborted(state)
        await self.discarded(state)

    async def discarded(self, state: Upload) -> None:
        """Forget its bytes; what cannot be removed now, the reaper finds."""
        staging = staging_of(require_known(state))
        try:
            await self.store.discard(staging)
        except DataPlaneError as error:
            fields = {"upload_id": staging.upload_id, "code": error.code}
            _log.warning("staged bytes left for the reaper", extra={"fields": fields})

    def _tell_aborted(self, state: Upload) -> None:
        begun, aborted = require_known(state), state.aborted
        if aborted is not None:
            self.metrics.aborted(aborted.reason)
            job = self.telling.job(begun.upload_id, begun.user_id, begun.protocol)
            job.failed(aborted.code or "upload.over")
            self.telling.forget(begun.upload_id)

    def _chunk_size(self, wanted: Wanted) -> int | None:
        least = self.store.equal_piece_bytes
        if wanted.protocol == "tus":
            return None if least is None else fitting(wanted.size_bytes, least, least)
        settings = self.settings
        usual, most = settings.upload_chunk_bytes, settings.upload_chunk_max_bytes
        if least is not None:
            # Each is in memory while it is sent: no longer ones than need be.
            most = max(usual, least)
        asked = wanted.chunk_size_bytes or usual
        return fitting(wanted.size_bytes, min(asked, most), least)


def staging_of(begun: UploadBegun) -> Staging:
    """Where its bytes are until they are a file."""
    in_order = begun.protocol == "tus"
    return Staging(begun.upload_id, begun.reference, in_order=in_order)


def pieces_of(state: Upload) -> tuple[Piece, ...]:
    """What is there, in the order of the bytes."""
    return tuple(
        Piece(index, chunk.offset, chunk.size_bytes, chunk.etag)
        for index, chunk in sorted(state.chunks.items())
    )
