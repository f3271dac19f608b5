"""The executor: opens either end of a copy."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import Side
from domain.location import Location
from domain.mechanisms.s3 import S3Address
from handlers.mechanisms.s3.client import Connections
from handlers.mechanisms.s3.fast import Requests, requests_of
from handlers.mechanisms.s3.integrity import EndpointMemory
from handlers.mechanisms.s3.reading import S3SourceEnd
from handlers.mechanisms.s3.sending import S3DestinationEnd
from handlers.mechanisms.s3.settings import RelayKind, S3Settings
from handlers.mechanisms.s3.wire import Wire, data_session
from handlers.ports import Access


class S3Executor:
    """Opens S3 locations; remembers, per endpoint written to, what it was seen to do.

    Implements `handlers.ports.Executor`.
    """

    def __init__(self, settings: S3Settings | None = None) -> None:
        """Without settings, those that suit most endpoints."""
        self._settings = settings or S3Settings()
        self._connections = Connections(self._settings)
        self._memories: dict[str, EndpointMemory] = {}

    @asynccontextmanager
    async def open_source(
        self, location: Location, access: Access
    ) -> AsyncGenerator[S3SourceEnd]:
        """The location to be read; its connections close on exit."""
        address = S3Address.of(location)
        async with (
            self._connections.open(Side.SOURCE, address, access) as opened,
            data_session(self._settings) as session,
        ):
            wire = Wire(opened, session)
            async with self._requests(wire) as requests:
                yield S3SourceEnd(opened, wire, requests)

    @asynccontextmanager
    async def open_destination(
        self, location: Location, access: Access
    ) -> AsyncGenerator[S3DestinationEnd]:
        """The location to be written; its connections close on exit."""
        address = S3Address.of(location)
        opening = self._connections.open(Side.DESTINATION, address, access)
        async with opening as opened, data_session(self._settings) as session:
            memory = self._memories.setdefault(opened.endpoint, EndpointMemory())
            wire = Wire(opened, session)
            async with self._requests(wire) as requests:
                yield S3DestinationEnd(opened, wire, memory, self._settings, requests)

    @asynccontextmanager
    async def _requests(self, wire: Wire) -> AsyncGenerator[Requests | None]:
        if self._settings.relay is RelayKind.PLAIN:
            yield None
            return
        async with requests_of(wire, self._settings) as requests:
            yield requests
