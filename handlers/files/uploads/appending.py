"""tus bodies: as much as comes, in checkpoints, each recorded before it is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from domain.errors import InvalidMessageError
from domain.upload import Phase
from domain.upload.decide import (
    require_fits,
    require_known,
    require_offset,
    require_open,
    require_protocol,
)
from domain.upload.events import UploadBegun
from domain.upload.plan import MOST_CHUNKS
from handlers.files.store import Piece
from handlers.files.uploads.arriving import Arriving, Sent
from handlers.files.uploads.completing import Completing
from handlers.files.uploads.holds import Hold
from handlers.files.uploads.journals import Entry
from handlers.files.uploads.service import Uploads
from handlers.files.uploads.to_its_end import to_its_end
from handlers.files.uploads.writing import Asked, Place, Writing


@dataclass
class _Body:
    """A body on its way: which piece is next, and where it begins.

    `announced` is where it ends if all of it comes. `storing` are pieces whose bytes
    have come, and that are not durable yet; `unproven` those that are, and wait for
    the checksum of all.
    """

    asked: Asked
    begun: UploadBegun
    arriving: Arriving
    announced: int
    index: int
    offset: int
    began_at: int
    storing: list["asyncio.Task[None]"] = field(
        default_factory=list["asyncio.Task[None]"]
    )
    unproven: list[Piece] = field(default_factory=list[Piece])


@dataclass
class _Coming:
    """What came of one piece; `cut`: there may be more of its body."""

    size_bytes: int = 0
    cut: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Appending:
    """Takes one body of an upload at a time; a newer one puts the older one down."""

    def __init__(self, uploads: Uploads, completing: Completing) -> None:
        """Nothing comes in yet."""
        self._uploads = uploads
        self._completing = completing
        self._writing = Writing(uploads)

    async def append(self, asked: Asked, offset: int, sent: Sent) -> Entry:
        """As much of the body as comes. The last byte completes the upload.

        With a checksum it counts whole or not at all. Raises DataPlaneError with an
        `upload.` code, `file.mismatch`, RefusedError 429, and what the store raises.
        """
        # Whose it is comes first: nobody else may ask its sender to put it down.
        await self._uploads.entry(asked.upload_id, asked.user_id, lately=True)
        async with self._uploads.holds.alone(asked.upload_id) as hold:
            entry = await self._uploads.journals.read(asked.upload_id)
            if entry.state.phase is Phase.ABORTED:
                require_open(entry.state)
            require_protocol(entry.state, "tus")
            require_offset(entry.state, offset)
            require_fits(entry.state, sent.length)
            if not entry.state.is_whole:
                body = self._body(asked, entry, sent, hold)
                await to_its_end(self._append(body), sent.put_down)
                entry = await self._uploads.journals.read(asked.upload_id)
            if entry.state.is_whole and entry.state.phase is not Phase.COMPLETED:
                completing = self._completing.complete_held(
                    asked.upload_id, asked.request_id
                )
                entry = await to_its_end(completing)
            return entry

    def _body(self, asked: Asked, entry: Entry, sent: Sent, hold: Hold) -> _Body:
        begun, offset = require_known(entry.state), entry.state.received_bytes
        hold.put_down = sent.put_down
        arriving = self._writing.arriving(begun, sent, hold, offset)
        end = begun.size_bytes if sent.length is None else offset + sent.length
        index = len(entry.state.chunks)
        return _Body(asked, begun, arriving, end, index, offset, offset)

    async def _append(self, body: _Body) -> None:
        sent = body.arriving.sent
        try:
            while await self._piece(body):
                pass
        finally:
            # Whatever went wrong: when this ends, nobody writes any more.
            ended = await asyncio.gather(*body.storing, return_exceptions=True)
        for each in ended:
            if each is not None:
                raise each
        sent.welcome()
        if sent.promised is not None:
            await self._prove(body)

    async def _piece(self, body: _Body) -> bool:
        """Take the next piece; whether there may be more."""
        length = self._length(body)
        if not length:
            return False
        slot = self._uploads.admission.slot(
            replace(body.arriving.want, size_bytes=length),
            goes_on=body.offset > body.began_at,
        )
        async with slot:
            body.arriving.sent.welcome()
            coming = await self._taken(body, length)
        body.index += 1
        body.offset += coming.size_bytes
        return coming.cut or coming.size_bytes == length

    def _length(self, body: _Body) -> int:
        """Of the next piece; 0 where none comes, or none that the store takes."""
        piece = body.begun.chunk_size_bytes
        left = body.announced - body.offset
        if piece is None:
            most = self._uploads.settings.upload_checkpoint_bytes
            return min(max(most, _even(body)), left)
        # Of a bucket's piece only the whole counts: the rest is sent again.
        length = min(piece, body.begun.size_bytes - body.offset)
        return length if length <= left else 0

    async def _taken(self, body: _Body, length: int) -> _Coming:
        """Have a piece stored; returns what came of it, when that has come.

        What was received is made durable while the next piece is received: of one
        body, at most two are on their way.
        """
        place = Place(body.begun, body.index, body.offset)
        before = body.storing[-1] if body.storing else None
        coming = _Coming()

        def blocks(most: int) -> AsyncGenerator[bytes]:
            return self._blocks(body, coming, most)

        async def stored() -> None:
            piece = await self._writing.write(place, length, blocks)
            if before is not None:
                await before
            if piece.size_bytes:
                await self._checked(body, piece)

        task = asyncio.create_task(stored())
        task.add_done_callback(lambda _: coming.ended.set())
        body.storing.append(task)
        # In a bucket's memory there is to be one piece for each slot, and no more.
        held = body.begun.chunk_size_bytes is not None
        await (asyncio.wait({task}) if held else coming.ended.wait())
        while len(body.storing) > 1 or (body.storing and body.storing[0].done()):
            await body.storing.pop(0)
        return coming

    async def _blocks(
        self, body: _Body, coming: _Coming, most: int
    ) -> AsyncGenerator[bytes]:
        """Of one piece. Of a slow body it is a short one, unless a bucket takes it."""
        loop, least = asyncio.get_running_loop(), _even(body)
        until = loop.time() + self._uploads.settings.upload_checkpoint_seconds
        whole = body.begun.chunk_size_bytes is not None
        try:
            await self._require_still(body)
            async with aclosing(body.arriving.what_comes(most)) as found:
                async for block in found:
                    coming.size_bytes += len(block)
                    yield block
                    late = loop.time() > until and coming.size_bytes >= least
                    if late and not whole:
                        coming.cut = True
                        return
        finally:
            coming.ended.set()

    async def _require_still(self, body: _Body) -> None:
        """Another process may have written while this one waited for its turn."""
        if body.offset == body.began_at:
            entry = await self._uploads.journals.read(body.begun.upload_id)
            require_offset(entry.state, body.offset)

    async def _checked(self, body: _Body, piece: Piece) -> None:
        if body.arriving.sent.promised is None:
            await self._writing.record(body.asked, body.begun, piece)
        else:
            body.unproven.append(piece)

    async def _prove(self, body: _Body) -> None:
        """Record what was stored, if it is what the sender's checksum was made of."""
        sent = body.arriving.sent
        if sent.length is not None and body.offset != body.announced:
            raise InvalidMessageError("the body broke off, and its checksum is of all")
        sent.require_promised()
        for piece in body.unproven:
            await self._writing.record(body.asked, body.begun, piece)


def _even(body: _Body) -> int:
    """So that a journal holds no more pieces than it may, by far."""
    return -(-body.begun.size_bytes // (MOST_CHUNKS // 2))
