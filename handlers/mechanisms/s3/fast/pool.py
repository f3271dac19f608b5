"""Connections of one end, kept for the next request."""

import asyncio
import ssl
from functools import cache

import yarl

from handlers.mechanisms.s3.fast.connection import Connection
from handlers.mechanisms.s3.fast.sockets import silent

_KEPT_SECONDS = 15.0
# asyncio's own limit of what it decrypts at once.
_TLS_BLOCK_BYTES = 256 * 1024


class Pool:
    """As many connections as are asked for, all to one origin."""

    def __init__(self, origin: str, connect_seconds: float, block_bytes: int) -> None:
        """Connects to nobody yet. Each connection has a block of its own."""
        self._origin = yarl.URL(origin)
        self._tls = self._origin.scheme == "https"
        self._connect_seconds = connect_seconds
        self._block_bytes = block_bytes
        self._kept: list[Connection] = []

    async def take(self, *, fresh: bool = False) -> Connection:
        """The one that was used last, or a new one.

        Of a kept one the socket itself is asked whether it is still silent: what came
        meanwhile, an end or words that nobody asked for, is no answer to what is asked
        next.

        Raises OSError or TimeoutError where nobody answers.
        """
        now = asyncio.get_running_loop().time()
        while self._kept and not fresh:
            last = self._kept.pop()
            young = now - (last.kept_at or 0.0) < _KEPT_SECONDS
            if young and last.reusable and silent(last.transport):
                return last
            last.abort()
        return await self._connected()

    def give(self, connection: Connection) -> None:
        """Back; kept where it can serve again, else closed at once."""
        connection.drained = None
        if not connection.reusable:
            connection.abort()
            return
        now = asyncio.get_running_loop().time()
        connection.kept_at = now
        self._kept.append(connection)
        while now - (self._kept[0].kept_at or 0.0) >= _KEPT_SECONDS:
            self._kept.pop(0).abort()

    async def close(self) -> None:
        """Those that are kept; the others are their users' to give back."""
        for each in self._kept:
            each.abort()
        self._kept.clear()
        await asyncio.sleep(0)  # sockets close in the loop's next turn

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        block = self._block_bytes
        if self._tls:
            block = min(block, _TLS_BLOCK_BYTES)
        async with asyncio.timeout(self._connect_seconds):
            _, made = await loop.create_connection(
                lambda: Connection(block),
                self._origin.raw_host or "",
                self._origin.port or 0,
                ssl=trust() if self._tls else None,
                happy_eyeballs_delay=0.25,
            )
        # Full as soon as anything waits: what waits may be somebody's block. asyncio's
        # TLS counts "full" from its limit on, and plain sockets from beyond it.
        made.transport.set_write_buffer_limits(high=int(self._tls), low=0)
        return made


@cache
def trust() -> ssl.SSLContext:
    """The system's authorities, as aiohttp trusts them. Reading them takes a while."""
    made = ssl.create_default_context()
    made.set_alpn_protocols(["http/1.1"])
    return made
