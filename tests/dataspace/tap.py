"""A tap in front of a server: so much comes through, and the rest when it is opened."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from waybill.embedded.ports import LOOPBACK, free_port

_CHUNK_BYTES = 1 << 16


@dataclass
class Tap:
    """`url` is the server's, through the tap."""

    host: str
    port: int
    left_bytes: int
    url: str = ""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    dry: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, first_bytes: int) -> AsyncIterator[Self]:
        """Lets `first_bytes` of the server's through, over all connections."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        made = cls(parts.hostname, parts.port, first_bytes)
        port = free_port()
        server = await asyncio.start_server(made._connected, LOOPBACK, port)
        made.url = f"http://{LOOPBACK}:{port}"
        try:
            yield made
        finally:
            made.opened.set()
            server.close()

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, back = await asyncio.open_connection(self.host, self.port)
        up = asyncio.create_task(_pump(reader, back))
        with contextlib.suppress(OSError):
            while chunk := await there.read(_CHUNK_BYTES):
                self.left_bytes -= len(chunk)
                if self.left_bytes < 0 and not self.opened.is_set():
                    self.dry.set()
                    await self.opened.wait()
                writer.write(chunk)
                await writer.drain()
        up.cancel()
        for each in (writer, back):
            each.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()
