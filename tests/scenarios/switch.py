"""A switch in the line to a server: off, it hangs up on everybody, and counts them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from waybill.embedded.ports import LOOPBACK

_BLOCK_BYTES = 64 * 1024


@dataclass
class Switch:
    """`refused` counts the connections that came while it was off."""

    url: str = ""
    on: bool = True
    refused: int = 0
    _writers: set[asyncio.StreamWriter] = field(
        default_factory=set[asyncio.StreamWriter]
    )

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: str) -> AsyncIterator[Self]:
        """In front of `upstream`, on a port of its own."""
        switch, target = cls(), urlsplit(upstream)

        async def serve(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            if not switch.on:
                switch.refused += 1
                writer.transport.abort()
                return
            with contextlib.suppress(OSError):
                to_reader, to = await asyncio.open_connection(
                    target.hostname, target.port
                )
                await switch._join((reader, writer), (to_reader, to))

        server = await asyncio.start_server(serve, LOOPBACK, 0)
        switch.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        try:
            yield switch
        finally:
            server.close()
            switch.turn_off()
            await server.wait_closed()

    def turn_off(self) -> None:
        """Whoever is connected is cut off, too."""
        self.on = False
        for writer in self._writers:
            writer.transport.abort()

    async def _join(
        self,
        one: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        other: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        both = {one[1], other[1]}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_poured(one[0], other[1]))
                group.create_task(_poured(other[0], one[1]))
        finally:
            self._writers -= both


async def _poured(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await reader.read(_BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
    writer.close()
