"""One piece of an upload's bytes into the store, and into the journal."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from domain.upload.commands import StoreChunk
from domain.upload.events import UploadBegun
from domain.upload.fairness import Want
from handlers.files.service import cause_of
from handlers.files.store import Piece
from handlers.files.uploads.arriving import Arriving, Sent, of
from handlers.files.uploads.holds import Hold
from handlers.files.uploads.journals import Entry
from handlers.files.uploads.service import Uploads, staging_of
from handlers.worker.retry import retried


@dataclass(frozen=True)
class Asked:
    """Which upload a request is about, whose it must be, and the request's id."""

    upload_id: str
    user_id: str
    request_id: str


@dataclass(frozen=True)
class Place:
    """Where a piece belongs."""

    begun: UploadBegun
    index: int
    offset: int


class Writing:
    """What both protocols do with what comes."""

    def __init__(self, uploads: Uploads) -> None:
        """Nothing comes yet."""
        self._uploads = uploads

    def arriving(
        self, begun: UploadBegun, sent: Sent, hold: Hold, there: int
    ) -> Arriving:
        """A body for an upload of which so many bytes are there."""
        uploads, received = self._uploads, there
        job = uploads.telling.job(begun.upload_id, begun.user_id, begun.protocol)

        def progress(count: int) -> None:
            nonlocal received
            received += count
            job.progress(received, begun.size_bytes)

        size = begun.size_bytes if sent.length is None else sent.length
        want = Want(begun.user_id, begun.upload_id, size)
        return Arriving(sent, want, uploads.admission, hold, progress)

    async def write(
        self, place: Place, length: int, body: Callable[[int], AsyncGenerator[bytes]]
    ) -> Piece:
        """Store what comes of it. Of a bucket's piece, all or nothing."""
        store, staging = self._uploads.store, staging_of(place.begun)
        async with aclosing(body(length)) as blocks:
            if store.equal_piece_bytes is None:
                return await store.write(staging, place.index, place.offset, blocks)
            # Held, so that it can be sent again: of each slot one piece is in memory.
            held = [block async for block in blocks]
        if sum(map(len, held)) != length:
            return Piece(place.index, place.offset, 0)
        return await retried(
            self._uploads.settings.upload_attempts,
            lambda: store.write(staging, place.index, place.offset, of(held)),
        )

    async def record(self, asked: Asked, begun: UploadBegun, piece: Piece) -> Entry:
        """A checkpoint. Raises what `decide` raises."""
        command = StoreChunk(
            upload_id=begun.upload_id,
            index=piece.index,
            offset=piece.offset,
            size_bytes=piece.size_bytes,
            etag=piece.etag,
        )
        cause = cause_of(asked.request_id, begun.upload_id)
        entry = await self._uploads.journals.record(command, cause)
        self._uploads.metrics.stored(begun.protocol, piece.size_bytes)
        return entry
