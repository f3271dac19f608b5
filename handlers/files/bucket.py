"""A store in a bucket: of S3, or of what speaks it (Cloudflare R2 among them).

What fits one part is put at once, under its hash. What is longer becomes a multipart
upload of equal parts, at a place named for the upload: its hash is not known before its
end, and a copy to a better name would move every byte again. The place is recorded.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from domain.errors import StorageError
from handlers.files.opened import OpenedBucket
from handlers.files.parts import Parts
from handlers.files.staged import lost, size_of
from handlers.files.store import (
    About,
    Kept,
    Piece,
    Reading,
    Staging,
    Standing,
    Taken,
)
from handlers.objects import Incoming, ObjectInfo, Pin, Range
from handlers.worker.retry import retried

_ATTEMPTS = 4
_UPLOADS = "uploads/"
_GONE = frozenset({"storage.not-found", "storage.upload-lost"})
_DIGITS = frozenset("0123456789abcdef")
_HEX_LENGTH = 64


class BucketStore:
    """Implements `handlers.files.store.FileStore`. Several servers may share it."""

    kind: Literal["s3"] = "s3"

    def __init__(self, opened: OpenedBucket, part_bytes: int) -> None:
        """The bucket is closed by whoever opened it."""
        self.equal_piece_bytes = part_bytes
        self._bucket = opened
        self._end = opened.end
        self._store = opened.end.store
        self._taking: set[str] = set()

    async def begin(self, upload_id: str) -> Staging:
        """A multipart upload."""
        key = self._key(upload_id)
        return Staging(upload_id, await self._store.create_upload(key, _named(key)))

    async def write(
        self, staging: Staging, index: int, offset: int, body: AsyncIterator[bytes]
    ) -> Piece:
        """One part. All of it is in memory: its length is said before its bytes."""
        chunks = [chunk async for chunk in body]
        size = sum(map(len, chunks))
        incoming = Incoming(size, {}, _each(chunks))
        key = self._key(staging.upload_id)
        copied = await self._end.put_part(key, staging.reference, index + 1, incoming)
        return Piece(index, offset, size, copied.etag)

    async def take(self, upload_id: str, body: AsyncIterator[bytes]) -> Taken:
        """Hashed as it comes; a part is sent while the next one is received."""
        parts = Parts(body, self.equal_piece_bytes)
        first = await parts.next()
        if len(first) < self.equal_piece_bytes:
            # Not sent before it is known that the same bytes are not there.
            held = Staging(upload_id, held=first)
            whole = (Piece(0, 0, len(first)),) if first else ()
            return Taken(held, whole, parts.sha256(), len(first))
        self._taking.add(upload_id)
        staging: Staging | None = None
        try:
            staging = await retried(_ATTEMPTS, lambda: self.begin(upload_id))
            pieces = await self._sent(staging, first, parts)
        except BaseException:
            if staging is not None:
                # Not waited for: whoever calls may be cancelled.
                self._bucket.later(self.discard(staging))
            raise
        finally:
            self._taking.discard(upload_id)
        return Taken(staging, pieces, parts.sha256(), parts.size_bytes)

    async def digest(self, staging: Staging, pieces: Sequence[Piece]) -> str:
        """Read back, when its parts are an object: no bucket tells a SHA-256 of parts.

        The object is no file yet: nothing tells of it but the upload.
        """
        size = size_of(pieces)
        if not pieces:
            return hashlib.sha256().hexdigest()
        place = await self._completed(staging, pieces)
        made = hashlib.sha256()
        async with self._bucket.source.read(place, Pin(""), None) as found:
            if found.size_bytes != size:
                raise StorageError(
                    "the bucket has another length", code="storage.mismatch"
                )
            async for chunk in found.chunks:
                await asyncio.to_thread(made.update, chunk)
        return made.hexdigest()

    async def keep(
        self, staging: Staging, pieces: Sequence[Piece], file_id: str, about: About
    ) -> Kept:
        """What is small is put; of parts, an object is made where it is not yet."""
        size = size_of(pieces)
        if staging.reference and pieces:
            return Kept(file_id, size, await self._completed(staging, pieces))
        whole = staging.held or b""
        if len(whole) != size:
            raise lost()
        place = f"{self._bucket.prefix}{file_id[:2]}/{file_id[2:4]}/{file_id}"
        headers = {"content-type": about.content_type}
        await retried(
            _ATTEMPTS,
            lambda: self._end.put_object(
                place, Incoming(size, headers, _each([whole]))
            ),
        )
        if staging.reference:
            await self._abort(staging)
        return Kept(file_id, size, place)

    async def discard(self, staging: Staging) -> None:
        """The parts, or the object that they became."""
        if staging.reference:
            await self._abort(staging)
            await self.remove(self._key(staging.upload_id))

    async def size(self, place: str) -> int | None:
        """Of the object there; None where there is none."""
        found = await self._bucket.found(place)
        return None if found is None else found.size_bytes

    @asynccontextmanager
    async def read(
        self, place: str, size_bytes: int, span: Range | None
    ) -> AsyncGenerator[Reading]:
        """A stream of the object, or of a range of it."""
        if not size_bytes:
            yield Reading(Range(0, 0), body=_each([]))
            return
        async with self._bucket.source.read(place, Pin(""), span) as found:
            wanted = span or Range(0, size_bytes)
            if found.size_bytes != wanted.length_bytes:
                raise StorageError("the file was cut or grew", code="storage.mismatch")
            yield Reading(wanted, body=_async(found))

    async def remove(self, place: str) -> None:
        """Delete the object, where there is one."""
        await self._bucket.remove(place)

    async def room(self) -> int | None:
        """A bucket has no end. Raises StorageError where it does not answer."""
        await self._store.list_page(None, 1)
        return None

    async def staged(self, older_than_seconds: float) -> list[Staging]:
        """Multipart uploads that were begun so long ago, but for our own in hand."""
        stem = self._key("")
        found = await self._bucket.unfinished(stem, older_than_seconds)
        every = [Staging(key.removeprefix(stem), each) for key, each in found]
        return [each for each in every if each.upload_id not in self._taking]

    def place_of(self, staging: Staging) -> str | None:
        """The object that the upload may have become."""
        return self._key(staging.upload_id)

    async def standing(self, older_than_seconds: float) -> AsyncIterator[Standing]:
        """Every object."""
        async for key in self._bucket.keys(older_than_seconds):
            name = key.rpartition("/")[2]
            if key.startswith(self._key("")):
                yield Standing(key, "", name)
            else:
                named = len(name) == _HEX_LENGTH and set(name) <= _DIGITS
                yield Standing(key, name if named else "", "")

    async def _sent(
        self, staging: Staging, first: bytes, parts: Parts
    ) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        part, offset = first, 0
        while part:
            sending = asyncio.create_task(
                self._part(staging, len(pieces), offset, part)
            )
            offset += len(part)
            try:
                part = await parts.next()
                pieces.append(await sending)
            finally:
                sending.cancel()
        return tuple(pieces)

    async def _part(
        self, staging: Staging, index: int, offset: int, part: bytes
    ) -> Piece:
        return await retried(
            _ATTEMPTS, lambda: self.write(staging, index, offset, _each([part]))
        )

    async def _completed(self, staging: Staging, pieces: Sequence[Piece]) -> str:
        """The object of these parts, also where an earlier try made it."""
        key = self._key(staging.upload_id)
        etags = {each.index + 1: each.etag for each in pieces}
        try:
            made = await retried(
                _ATTEMPTS,
                lambda: self._store.complete_upload(key, staging.reference, etags),
            )
        except StorageError as error:
            if error.code not in _GONE:
                raise
            there = await self._bucket.found(key)
            if there is None:
                raise
            made = there
        if made.size_bytes != size_of(pieces):
            raise StorageError("the bucket has another length", code="storage.mismatch")
        return key

    async def _abort(self, staging: Staging) -> None:
        key = self._key(staging.upload_id)
        await self._store.abort_upload(key, staging.reference)

    def _key(self, upload_id: str) -> str:
        return f"{self._bucket.prefix}{_UPLOADS}{upload_id}"


def _named(key: str) -> ObjectInfo:
    return ObjectInfo(key, 0, "", headers={"content-type": "application/octet-stream"})


async def _each(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        if chunk:
            yield chunk


async def _async(found: Incoming) -> AsyncIterator[bytes]:
    async for chunk in found.chunks:
        yield chunk
