"""Bytes into S3: a PUT of a part or of an object, in bounded memory, proven."""

from collections.abc import AsyncIterable, Mapping

import aiohttp

from domain.errors import Side, StorageError
from handlers.mechanisms.hashes import Hashes
from handlers.mechanisms.s3 import integrity
from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.copying import ServerSideCopy
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.framing import Framed, framed_headers
from handlers.mechanisms.s3.integrity import EndpointMemory, Kind
from handlers.mechanisms.s3.probe import learn_of_trailers
from handlers.mechanisms.s3.reading import S3SourceEnd
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.store import S3Destination
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.mechanisms.streams import Outgoing
from handlers.ports import Copied, Incoming, SourceEnd


class S3DestinationEnd:
    """An S3 location opened to be written; implements `handlers.ports.DestinationEnd`.

    It teaches `memory` what its endpoint was seen to do.
    """

    takes_parts = True

    def __init__(
        self,
        connection: Connection,
        wire: Wire,
        memory: EndpointMemory,
        settings: S3Settings,
    ) -> None:
        """Made by `S3Executor.open_destination`."""
        self._connection = connection
        self._store = S3Destination(connection, memory)
        self._wire = wire
        self._memory = memory
        self._settings = settings

    @property
    def store(self) -> S3Destination:
        """Its objects."""
        return self._store

    def copies_from(self, source: SourceEnd) -> ServerSideCopy | None:
        """Same endpoint URL and same access key: one user, who may read and write."""
        if not isinstance(source, S3SourceEnd):
            return None
        theirs, ours = source.connection, self._connection
        same = (theirs.endpoint, theirs.access_key) == (ours.endpoint, ours.access_key)
        return ServerSideCopy(theirs, ours) if same else None

    async def put_part(
        self, key: str, upload_id: str, part_number: int, incoming: Incoming
    ) -> Copied:
        """Bytes as one part."""
        query = {"partNumber": str(part_number), "uploadId": upload_id}
        put = Head("PUT", key, query)
        await learn_of_trailers(self._wire, put, self._memory, self._settings.integrity)
        return await self._put(put, incoming, {}, Kind.PART)

    async def put_object(self, key: str, incoming: Incoming) -> Copied:
        """Bytes as a whole object, with its headers; also none."""
        said = dict(incoming.headers)
        return await self._put(Head("PUT", key), incoming, said, Kind.OBJECT)

    async def _put(
        self, put: Head, incoming: Incoming, kept: Mapping[str, str], kind: Kind
    ) -> Copied:
        made = integrity.plan(self._settings.integrity, self._memory, kind)
        hashes = Hashes(md5=made.md5)
        body = Outgoing(incoming, hashes)
        encoded: AsyncIterable[bytes] = body
        size = incoming.size_bytes
        if made.trailer:
            kept = {**kept, **framed_headers(size, kept.get("content-encoding"))}
            encoded = framed = Framed(body, size, hashes)
            size = framed.size_bytes
        said = {**kept, "content-length": str(size)}
        head = Head(put.method, put.key, put.query, said, trailer=made.trailer)
        answer = await self._send(head, body, encoded, size)
        return integrity.verdict(made, hashes, answer, self._memory)

    async def _send(
        self, head: Head, body: Outgoing, encoded: AsyncIterable[bytes], size_bytes: int
    ) -> Mapping[str, str]:
        payload: bytes | AsyncIterable[bytes] = encoded
        if size_bytes <= self._settings.small_object_bytes:
            payload = b"".join([chunk async for chunk in encoded])
        try:
            async with self._wire.answer(head, payload) as answer:
                return await _told(answer, body)
        except StorageError:
            if body.failure is not None:
                raise body.failure from None
            raise


async def _told(answer: aiohttp.ClientResponse, body: Outgoing) -> Mapping[str, str]:
    if not body.finished:
        raise StorageError(
            "destination answered before it had all bytes", side=Side.DESTINATION
        )
    with translated(Side.DESTINATION, "PUT"):
        await answer.read()
    return answer.headers
