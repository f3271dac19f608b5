"""Bytes into S3: a PUT of a part or of an object, in bounded memory, proven."""

from collections.abc import AsyncIterable, Mapping
from copy import copy
from dataclasses import replace

import aiohttp

from domain.errors import Side, StorageError
from domain.transfer.properties import NONE, Properties
from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.conditions import ONLY_NEW, conditioned
from handlers.mechanisms.s3.copying import ServerSideCopy
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.fast import FastRelay, Requests
from handlers.mechanisms.s3.framing import Framed
from handlers.mechanisms.s3.integrity import EndpointMemory
from handlers.mechanisms.s3.probe import learn_of_trailers
from handlers.mechanisms.s3.properties import asked_for
from handlers.mechanisms.s3.reading import S3SourceEnd
from handlers.mechanisms.s3.sent import Sender
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.store import S3Destination
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.mechanisms.streams import Outgoing
from handlers.mechanisms.unaided import Kind
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
        requests: Requests | None = None,
    ) -> None:
        """Made by `S3Executor.open_destination`; `requests` are for the fast relay."""
        self._connection = connection
        self._wire = wire
        self._memory = memory
        self._settings = settings
        self._sender = Sender(settings.integrity, memory)
        self._store = S3Destination(wire, self._sender)
        self._wanted = NONE
        self.requests = requests

    def furnishing(self, wanted: Properties) -> "S3DestinationEnd":
        """The same end; its objects get the wanted properties."""
        return self._like(wanted, only_new=self._sender.only_new)

    def adding(self) -> "S3DestinationEnd":
        """The same end; its objects replace none, where the endpoint knows how."""
        return self._like(self._wanted, only_new=True)

    def _like(self, wanted: Properties, *, only_new: bool) -> "S3DestinationEnd":
        end = copy(self)
        sender = replace(self._sender, only_new=only_new)
        end._wanted, end._sender = wanted, sender  # noqa: SLF001 - its own
        end._store = S3Destination(self._wire, sender, wanted)  # noqa: SLF001
        return end

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
        if not same:
            return None
        waiting = self._settings.control_read_seconds
        return ServerSideCopy(theirs, self._wire, self._memory, self._wanted, waiting)

    async def put_part(
        self, key: str, upload_id: str, part_number: int, incoming: Incoming
    ) -> Copied:
        """Bytes as one part."""
        query = {"partNumber": str(part_number), "uploadId": upload_id}
        return await self._put(Head("PUT", key, query), incoming, {}, Kind.PART)

    async def put_object(self, key: str, incoming: Incoming) -> Copied:
        """Bytes as a whole object, with its headers; also none."""
        said = {**incoming.headers, **asked_for(self._wanted, incoming.traits)}
        conditional = self._sender.conditional
        if conditional:
            said |= ONLY_NEW
        with conditioned(self._memory, only_new=conditional):
            return await self._put(Head("PUT", key), incoming, said, Kind.OBJECT)

    def relays_from(self, source: SourceEnd) -> FastRelay | None:
        """From another S3 end, if both were opened for that."""
        if not isinstance(source, S3SourceEnd):
            return None
        if source.requests is None or self.requests is None:
            return None
        return FastRelay(
            source.requests,
            self.requests,
            self._wire,
            replace(self._sender, wanted=self._wanted, traits=source.traits),
            self._settings.small_object_bytes,
        )

    async def _put(
        self, put: Head, incoming: Incoming, kept: Mapping[str, str], kind: Kind
    ) -> Copied:
        await learn_of_trailers(self._wire, put, self._memory, self._settings.integrity)
        sent = self._sender.prepare(put, kind, incoming.size_bytes, kept)
        body = Outgoing(incoming, sent.hashes)
        encoded = body if sent.frame is None else Framed(body, sent.frame)
        answer = await self._send(sent.head, body, encoded, sent.size_bytes)
        return sent.verdict(answer)

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
