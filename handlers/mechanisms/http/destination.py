"""An HTTP location opened to be written: a data door's, or any server's."""

import re
from collections.abc import AsyncIterable, Mapping
from urllib.parse import quote

import aiohttp

from domain.errors import Side, StorageError
from handlers.judging import StoredWrongError
from handlers.mechanisms.hashes import CRC_HEADER, Hashes, must_equal
from handlers.mechanisms.headers import unquoted
from handlers.mechanisms.http.described import length_of
from handlers.mechanisms.http.errors import translated
from handlers.mechanisms.http.settings import HttpSettings
from handlers.mechanisms.http.uploads import DoorUploads, Unasked
from handlers.mechanisms.http.wire import Ask, HttpWire
from handlers.mechanisms.streams import Outgoing
from handlers.ports import Copied, DestinationStore, Incoming, ServerSide, SourceEnd

_MD5 = re.compile(r"[0-9a-f]{32}")
_DOUBT = "the receiver confirmed neither a checksum nor the size"


class HttpDestinationEnd:
    """Implements `handlers.ports.DestinationEnd`."""

    def __init__(self, wire: HttpWire, settings: HttpSettings) -> None:
        """Made by `HttpExecutor.open_destination`."""
        self._wire = wire
        self._settings = settings
        self._is_door = wire.address.uploads is not None
        self._store = DoorUploads(wire) if self._is_door else Unasked()

    @property
    def store(self) -> DestinationStore:
        """Its objects."""
        return self._store

    @property
    def takes_parts(self) -> bool:
        """Only a data door does."""
        return self._is_door

    def copies_from(self, source: SourceEnd) -> ServerSide | None:
        """HTTP has no such request."""
        _ = source
        return None

    async def put_part(
        self, key: str, upload_id: str, part_number: int, incoming: Incoming
    ) -> Copied:
        """Bytes as one part."""
        query = {"uploadId": upload_id, "partNumber": str(part_number)}
        return await self._put(Ask("PUT", key, query), incoming)

    async def put_object(self, key: str, incoming: Incoming) -> Copied:
        """Bytes as a whole object, with its headers; also none."""
        headers = dict(incoming.headers)
        if not self._wire.address.below and key:
            # The URL does not tell what the object is called.
            name = quote(key.rpartition("/")[2] or key, safe="")
            said = f"attachment; filename*=UTF-8''{name}"
            headers.setdefault("content-disposition", said)
        method = self._wire.address.method
        copied = await self._put(Ask(method, key, headers=headers), incoming)
        if copied.proven or self._is_door:
            return copied
        doubt = "" if await self._has_size(key, incoming.size_bytes) else _DOUBT
        return Copied(copied.etag, copied.crc64nvme, proven=False, doubt=doubt)

    async def _put(self, ask: Ask, incoming: Incoming) -> Copied:
        # A door tells the CRC; of others, some give the MD5 as ETag.
        hashes = Hashes(md5=not self._is_door)
        body = Outgoing(incoming, hashes)
        answer = await self._send(ask, body, incoming.size_bytes)
        etag, returned = unquoted(answer.get("ETag", "")), answer.get(CRC_HEADER)
        if returned:
            try:
                must_equal("CRC64NVME", returned, hashes.crc64nvme)
            except StorageError as error:
                raise StoredWrongError(error.detail) from None
        md5 = hashes.md5 is not None and _MD5.fullmatch(etag) and etag == hashes.md5
        return Copied(etag, hashes.crc64nvme, proven=bool(returned or md5))

    async def _send(
        self, ask: Ask, body: Outgoing, size_bytes: int
    ) -> Mapping[str, str]:
        headers = {
            "Content-Type": "application/octet-stream",
            **{name.title(): value for name, value in ask.headers.items()},
            "Content-Length": str(size_bytes),
        }
        payload: bytes | AsyncIterable[bytes] = body
        if size_bytes <= self._settings.small_object_bytes:
            payload = b"".join([chunk async for chunk in body])
        sent = Ask(ask.method, ask.key, ask.query, headers)
        try:
            async with self._wire.answer(sent, payload) as answer:
                return await _told(answer, body)
        except StorageError:
            if body.failure is not None:
                raise body.failure from None
            raise

    async def _has_size(self, key: str, size_bytes: int) -> bool:
        """Whether what stands at the URL after a PUT is as long as what was sent."""
        if self._wire.address.method != "PUT":
            return False
        try:
            async with self._wire.answer(Ask("HEAD", key)) as answer:
                return length_of(answer.headers) == size_bytes
        except StorageError:
            return False


async def _told(answer: aiohttp.ClientResponse, body: Outgoing) -> Mapping[str, str]:
    if not body.finished:
        raise StorageError(
            "destination answered before it had all bytes", side=Side.DESTINATION
        )
    with translated(Side.DESTINATION, answer.method):
        await answer.read()
    return answer.headers
