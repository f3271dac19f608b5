"""The executor: opens either end of a copy at the file server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import Side
from domain.location import Location
from domain.mechanisms.file import FileAddress
from domain.mechanisms.http import HttpAddress
from handlers.copiers import GivenAccess
from handlers.mechanisms.file.destination import FileDestinationEnd
from handlers.mechanisms.file.settings import FileEndSettings
from handlers.mechanisms.http.settings import HttpSettings
from handlers.mechanisms.http.source import HttpSourceEnd
from handlers.mechanisms.http.tokens import Token
from handlers.mechanisms.http.wire import HttpWire
from handlers.mechanisms.sessions import bare_session
from handlers.ports import Access

# A completion is silent while the server hashes a file of any length.
_IDLE_SECONDS = 600.0


class FileExecutor:
    """Opens files; implements `handlers.ports.Executor`."""

    def __init__(self, settings: FileEndSettings | None = None) -> None:
        """Asks nobody yet."""
        self._settings = settings or FileEndSettings()
        self._http = HttpSettings(idle_seconds=_IDLE_SECONDS)

    @asynccontextmanager
    async def open_source(
        self, location: Location, access: Access
    ) -> AsyncGenerator[HttpSourceEnd]:
        """The file to be read; its connections close on exit."""
        _ = access
        file = FileAddress.of(location).file or ""
        one = HttpAddress.make(endpoint=f"{self._settings.url}/files/{file}", key=file)
        async with self._wire(Side.SOURCE, one) as wire:
            yield HttpSourceEnd(wire)

    @asynccontextmanager
    async def open_destination(
        self, location: Location, access: Access
    ) -> AsyncGenerator[FileDestinationEnd]:
        """The store to write to; its connections close on exit."""
        _ = access
        FileAddress.of(location)
        root = HttpAddress.make(endpoint=self._settings.url, prefix="", below=True)
        async with self._wire(Side.DESTINATION, root) as wire:
            yield FileDestinationEnd(wire)

    @asynccontextmanager
    async def _wire(self, side: Side, place: HttpAddress) -> AsyncGenerator[HttpWire]:
        http, key = self._http, self._settings.files_key
        secrets = {"authorization": key} if key else {}
        async with bare_session(
            http.connect_seconds, http.idle_seconds, http.read_buffer_bytes
        ) as session:
            token = Token(side, GivenAccess(secrets), None, http.renewal_margin_seconds)
            yield HttpWire(side, (place, ""), token, session, http)
