"""Numbered chunks: each stored and recorded whole, before its sender hears of it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from domain.errors import InvalidMessageError
from domain.upload.decide import (
    require_chunk,
    require_known,
    require_open,
    require_protocol,
)
from handlers.files.uploads.arriving import Sent
from handlers.files.uploads.holds import Hold, OneAtATime
from handlers.files.uploads.journals import Entry
from handlers.files.uploads.service import Uploads
from handlers.files.uploads.to_its_end import to_its_end
from handlers.files.uploads.writing import Asked, Place, Writing


class _RecordedError(Exception):
    """Another process has recorded the chunk meanwhile."""


class Receiving:
    """Takes chunks of one upload side by side."""

    def __init__(self, uploads: Uploads) -> None:
        """Nothing comes in yet."""
        self._uploads = uploads
        self._writing = Writing(uploads)
        self._single = OneAtATime()

    async def chunk(self, asked: Asked, index: int, sent: Sent) -> Entry:
        """One chunk, whole or not at all.

        What is recorded already is not stored again. Raises DataPlaneError with an
        `upload.` code, `file.mismatch`, RefusedError 429, and what the store raises.
        """
        if sent.length is None:
            raise InvalidMessageError("a chunk's length must be known: Content-Length")
        entry = await self._uploads.entry(asked.upload_id, asked.user_id, lately=True)
        require_protocol(entry.state, "chunks")
        require_chunk(entry.state, index, sent.length)
        if index in entry.state.chunks:
            await sent.drain()
            return entry
        async with self._uploads.holds.shared(asked.upload_id) as hold:
            hold.put_down = sent.put_down
            # Of two with one chunk, the second finds what the first has stored.
            async with self._single.turn((asked.upload_id, index)):
                return await self._chunk(asked, index, sent, hold)

    async def _chunk(self, asked: Asked, index: int, sent: Sent, hold: Hold) -> Entry:
        entry = await self._uploads.journals.lately(asked.upload_id)
        if index in entry.state.chunks:
            await sent.drain()
            return entry
        require_open(entry.state)
        begun, length = require_known(entry.state), sent.length or 0
        arriving = self._writing.arriving(begun, sent, hold, entry.state.received_bytes)
        place = Place(begun, index, index * (begun.chunk_size_bytes or 0))

        def body(length: int) -> AsyncGenerator[bytes]:
            return self._unrecorded(asked.upload_id, index, arriving.exactly(length))

        async with self._uploads.admission.slot(arriving.want):
            sent.welcome()
            try:
                write = self._writing.write(place, length, body)
                piece = await to_its_end(write, sent.put_down)
            except InvalidMessageError:
                if not sent.too_slow:
                    raise
                why = "the chunk came too slowly, and others wait"
                raise self._uploads.admission.busy(why) from None
            except _RecordedError:
                await sent.drain()
                return await self._uploads.journals.read(asked.upload_id)
            if piece.size_bytes != length:
                raise InvalidMessageError("the chunk broke off")
            sent.require_promised()
            # In its place: else who waits for the log has less than its share of them.
            return await self._writing.record(asked, begun, piece)

    async def _unrecorded(
        self, upload_id: str, index: int, blocks: AsyncGenerator[bytes]
    ) -> AsyncGenerator[bytes]:
        """The same, unless it is recorded by now: what is, is not written again."""
        async with aclosing(blocks):
            entry = await self._uploads.journals.read(upload_id)
            if index in entry.state.chunks:
                raise _RecordedError
            async for block in blocks:
                yield block
