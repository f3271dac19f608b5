"""The file store opened to be written."""

import hashlib
from collections.abc import Mapping
from typing import Self
from urllib.parse import quote

import aiohttp

from domain.errors import Side, StorageError
from domain.location import CopyOptions
from handlers.mechanisms.file.uploads import (
    Chunk,
    FileUploads,
    Stored,
    content_type,
    understood,
)
from handlers.mechanisms.hashes import CRC_HEADER, Hashes, must_equal
from handlers.mechanisms.http.errors import translated
from handlers.mechanisms.http.wire import Ask, HttpWire
from handlers.mechanisms.streams import Outgoing
from handlers.ports import Copied, Incoming, ObjectInfo, ServerSide, SourceEnd


class FileDestinationEnd:
    """Implements `handlers.ports.DestinationEnd`, and `handlers.furnishing.Cuts`.

    It takes parts only where the plan is known that cuts them: an upload's chunks are
    all of one size, which is said when it begins. What comes through the data door, cut
    by its sender, goes in one piece.
    """

    def __init__(self, wire: HttpWire, plan: CopyOptions | None = None) -> None:
        """Made by `FileExecutor.open_destination`."""
        self._wire = wire
        self._plan = plan
        self._store = FileUploads(wire, plan.part_size_bytes if plan else None)

    @property
    def store(self) -> FileUploads:
        """Its uploads."""
        return self._store

    @property
    def takes_parts(self) -> bool:
        """Whether it knows how long they are."""
        return self._plan is not None

    def cutting(self, plan: CopyOptions) -> Self:
        """The same end, for parts of this plan."""
        return type(self)(self._wire, plan)

    def copies_from(self, source: SourceEnd) -> ServerSide | None:
        """It has no such request."""
        _ = source
        return None

    async def put_part(
        self, key: str, upload_id: str, part_number: int, incoming: Incoming
    ) -> Copied:
        """Bytes as the chunk of this number, less one."""
        _ = key
        hashes = Hashes(md5=False)
        path = f"v1/uploads/{upload_id}/chunks/{part_number - 1}"
        ask = Ask("PUT", path, headers=_headers(incoming.size_bytes, {}))
        head, said = await self._sent(ask, Outgoing(incoming, hashes))
        # None of a chunk that was there already: then only the whole file's tells.
        returned = head.get(CRC_HEADER)
        if returned:
            must_equal("CRC64NVME", returned, hashes.crc64nvme)
        etag = understood(Chunk, said).etag
        return Copied(etag, hashes.crc64nvme, proven=bool(returned))

    async def put_object(self, key: str, incoming: Incoming) -> Copied:
        """Bytes as a whole file; its id is the SHA-256 of what was sent, or nothing."""
        hashes = _WithSha()
        name = quote(key, safe="")
        said = {
            "Content-Type": content_type(incoming.headers),
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        }
        ask = Ask("POST", "files", headers=_headers(incoming.size_bytes, said))
        _, body = await self._sent(ask, Outgoing(incoming, hashes))
        stored = understood(Stored, body)
        if stored.file_id != hashes.sha256:
            await self._forget(key, stored)
            must_equal("SHA-256", stored.file_id, hashes.sha256)
        return Copied(stored.file_id, hashes.crc64nvme, proven=True)

    async def _forget(self, key: str, wrong: Stored) -> None:
        if not wrong.deduplicated:
            there = ObjectInfo(key, wrong.size_bytes, wrong.file_id)
            await self._store.remove(there)

    async def _sent(self, ask: Ask, body: Outgoing) -> tuple[Mapping[str, str], bytes]:
        try:
            async with self._wire.answer(ask, body) as answer:
                return await _told(answer, body)
        except StorageError:
            if body.failure is not None:
                raise body.failure from None
            raise


class _WithSha(Hashes):
    """The checksums of every relay, and the one that names a file."""

    def __init__(self) -> None:
        super().__init__(md5=False)
        self._sha256 = hashlib.sha256()

    def update(self, chunk: bytes | memoryview) -> None:
        super().update(chunk)
        self._sha256.update(chunk)

    @property
    def sha256(self) -> str:
        """In hex."""
        return self._sha256.hexdigest()


def _headers(size_bytes: int, said: Mapping[str, str]) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        **said,
        "Content-Length": str(size_bytes),
    }


async def _told(
    answer: aiohttp.ClientResponse, body: Outgoing
) -> tuple[Mapping[str, str], bytes]:
    if not body.finished:
        raise StorageError(
            "the file server answered before it had all bytes", side=Side.DESTINATION
        )
    with translated(Side.DESTINATION, answer.method):
        said = await answer.read()
    return answer.headers, said
