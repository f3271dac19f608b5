"""The executor: opens both sides of a copy and puts the pieces together."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from pydantic import SecretStr

from domain.errors import Side
from domain.location import Location
from domain.mechanisms.s3 import S3Address
from handlers.mechanisms.s3.client import Connection, Connections
from handlers.mechanisms.s3.copying import ServerSideCopy
from handlers.mechanisms.s3.integrity import EndpointMemory
from handlers.mechanisms.s3.relay import Relay
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.store import S3Destination, S3Source
from handlers.mechanisms.s3.wire import Wire, data_session
from handlers.ports import Copied, Copier, ObjectInfo, Pin, Range


class S3Copier:
    """A pair of S3 locations; implements `handlers.ports.Copier`."""

    def __init__(
        self,
        source: Connection,
        destination: Connection,
        relay: Relay,
        memory: EndpointMemory,
    ) -> None:
        """Made by `S3Executor.open`."""
        self._source = S3Source(source)
        self._destination = S3Destination(destination, memory)
        self._relay = relay
        self._copy = ServerSideCopy(source, destination)
        self._same_endpoint = (
            source.endpoint == destination.endpoint
            and source.access_key == destination.access_key
        )

    @property
    def source(self) -> S3Source:
        """The side that is read."""
        return self._source

    @property
    def destination(self) -> S3Destination:
        """The side that is written."""
        return self._destination

    @property
    def same_endpoint(self) -> bool:
        """Same endpoint URL and same access key: one user, who may read and write."""
        return self._same_endpoint

    async def relay_part(  # noqa: PLR0913, PLR0917 - the port's
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        destination_key: str,
        upload_id: str,
        part_number: int,
    ) -> Copied:
        """Stream one range into one part."""
        query = {"partNumber": str(part_number), "uploadId": upload_id}
        return await self._relay.part(source_key, pin, span, destination_key, query)

    async def relay_object(self, source: ObjectInfo, destination_key: str) -> Copied:
        """Stream a whole object into a plain put, with its metadata."""
        return await self._relay.object(source, destination_key)

    async def copy_part(  # noqa: PLR0913, PLR0917 - the port's
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        destination_key: str,
        upload_id: str,
        part_number: int,
    ) -> Copied:
        """UploadPartCopy."""
        part = (upload_id, part_number)
        return await self._copy.part(source_key, pin, span, destination_key, part)

    async def copy_object(self, source: ObjectInfo, destination_key: str) -> Copied:
        """CopyObject."""
        return await self._copy.object(source, destination_key)

    async def digest(self, source_key: str, pin: Pin, span: Range) -> tuple[str, str]:
        """(MD5 hex, CRC64NVME base64) of a source range, read but not sent."""
        return await self._relay.digest(source_key, pin, span)


class S3Executor:
    """Opens copiers; remembers, per destination endpoint, what it was seen to do."""

    def __init__(self, settings: S3Settings | None = None) -> None:
        """Without settings, those that suit most endpoints."""
        self._settings = settings or S3Settings()
        self._connections = Connections(self._settings)
        self._memories: dict[str, EndpointMemory] = {}

    @asynccontextmanager
    async def open(
        self,
        source: Location,
        source_secrets: Mapping[str, SecretStr],
        destination: Location,
        destination_secrets: Mapping[str, SecretStr],
    ) -> AsyncGenerator[Copier]:
        """A copier for the pair; its connections close on exit."""
        origin, goal = S3Address.of(source), S3Address.of(destination)
        opened = self._connections.open
        async with (
            opened(Side.SOURCE, origin, source_secrets) as reads,
            opened(Side.DESTINATION, goal, destination_secrets) as writes,
            data_session(self._settings) as session,
        ):
            memory = self._memories.setdefault(writes.endpoint, EndpointMemory())
            relay = Relay(
                Wire(reads, session), Wire(writes, session), memory, self._settings
            )
            yield S3Copier(reads, writes, relay, memory)
