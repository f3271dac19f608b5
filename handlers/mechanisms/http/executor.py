"""The executor: opens either end of a copy."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import Side
from domain.location import Location
from domain.mechanisms.http import HttpAddress
from handlers.mechanisms.http.destination import HttpDestinationEnd
from handlers.mechanisms.http.identity import DidSettings, Identity
from handlers.mechanisms.http.renewal import Renewal
from handlers.mechanisms.http.settings import HttpSettings
from handlers.mechanisms.http.source import HttpSourceEnd
from handlers.mechanisms.http.tokens import Token
from handlers.mechanisms.http.wire import HttpWire
from handlers.mechanisms.sessions import bare_session
from handlers.ports import Access


class HttpExecutor:
    """Opens HTTP locations; implements `handlers.ports.Executor`."""

    def __init__(
        self, settings: HttpSettings | None = None, identity: Identity | None = None
    ) -> None:
        """`identity`: who renews tokens; without, the configured one, if any."""
        self._settings = settings or HttpSettings()
        self._identity = identity or Identity.read(DidSettings())

    @asynccontextmanager
    async def open_source(
        self, location: Location, access: Access
    ) -> AsyncGenerator[HttpSourceEnd]:
        """The location to be read; its connections close on exit."""
        async with self._wire(Side.SOURCE, location, access) as wire:
            yield HttpSourceEnd(wire)

    @asynccontextmanager
    async def open_destination(
        self, location: Location, access: Access
    ) -> AsyncGenerator[HttpDestinationEnd]:
        """The location to be written; its connections close on exit."""
        async with self._wire(Side.DESTINATION, location, access) as wire:
            yield HttpDestinationEnd(wire, self._settings)

    @asynccontextmanager
    async def _wire(
        self, side: Side, location: Location, access: Access
    ) -> AsyncGenerator[HttpWire]:
        settings = self._settings
        address = HttpAddress.of(location)
        query = access.secrets.get("query")
        async with bare_session(
            settings.connect_seconds, settings.idle_seconds, settings.read_buffer_bytes
        ) as session:
            renewal = None
            if self._identity is not None and access.counter_party_id:
                party = access.counter_party_id
                renewal = Renewal(self._identity, party, session, side)
            token = Token(side, access, renewal, settings.renewal_margin_seconds)
            place = (address, query.get_secret_value() if query else "")
            yield HttpWire(side, place, token, session, settings)
