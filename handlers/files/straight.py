"""A large body, straight from the socket into large blocks.

The usual way copies each byte twice more and wakes up for each 64 KiB: half of what a
large upload costs. Here the kernel collects while the last block is written, and one
call takes what is there. The connection is closed after the answer: whoever parses it
has not seen these bytes.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web

from domain.errors import InvalidMessageError
from handlers.files.blocks import BLOCK_BYTES
from handlers.web.bodies import IDLE_SECONDS

# Where a request keeps that its connection cannot be used again.
STRAIGHT = web.RequestKey("straight", bool)
_LEAST_BYTES = 4 * BLOCK_BYTES
# The kernel wakes us up when so much is there; or after a second, whatever there is.
_COLLECTED_BYTES, _COLLECTED_SECONDS = BLOCK_BYTES // 2, 1.0


def can_go_straight(request: web.BaseRequest) -> bool:
    """Whether it is large, of known length, and not encrypted."""
    transport = request.transport
    if transport is None or transport.get_extra_info("sslcontext") is not None:
        return False
    plain = transport.get_extra_info("socket") is not None
    return plain and (request.content_length or 0) >= _LEAST_BYTES


@asynccontextmanager
async def straight(request: web.BaseRequest) -> AsyncGenerator[AsyncIterator[bytes]]:
    """The body, to its announced end. Raises InvalidMessageError where it breaks off.

    To be used once, and for a request that nothing was read of.
    """
    transport = request.transport
    if transport is None:
        raise _broken("the connection is gone")
    request[STRAIGHT] = True
    ahead = _read_already(request)
    given = transport.get_extra_info("socket")
    ours = socket.socket(fileno=os.dup(given.fileno()))
    ours.setblocking(False)  # noqa: FBT003 (the library's)
    try:
        yield _Blocks(ours, ahead, request.content_length or 0).blocks()
        # All of it is here, and the parser is not to wait for it.
        request.content.feed_eof()
    finally:
        _collect(ours, 1)
        ours.close()
        if not transport.is_closing():
            # What is refused is still read for a moment, so that it is told why.
            transport.resume_reading()


def _read_already(request: web.BaseRequest) -> list[bytes]:
    """What the usual way has got by now; from here on, it gets nothing."""
    found: list[bytes] = []
    # Emptying its buffer lets the parser go on with what it had put aside.
    while chunk := request.content.read_nowait():
        found.append(chunk)
    transport = request.transport
    if transport is not None:
        transport.pause_reading()
    return found


class _Blocks:
    """Read by one task only."""

    def __init__(self, source: socket.socket, ahead: list[bytes], size: int) -> None:
        self._source = source
        self._ahead = ahead
        self._left = size

    async def blocks(self) -> AsyncIterator[bytes]:
        for chunk in self._ahead:
            self._left -= len(chunk)
            yield chunk
        _collect(self._source, min(_COLLECTED_BYTES, max(self._left, 1)))
        while self._left:
            block = bytearray(min(BLOCK_BYTES, self._left))
            view, filled = memoryview(block), 0
            while filled < len(block):
                count = await self._some(view[filled:])
                if not count:
                    raise _broken(f"the body ended {self._left} bytes too early")
                filled += count
                self._left -= count
                if 0 < self._left < _COLLECTED_BYTES:
                    _collect(self._source, self._left)
            # What is written, hashed or joined is never changed again.
            yield cast("bytes", block)

    async def _some(self, view: memoryview) -> int:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_COLLECTED_SECONDS):
                return await loop.sock_recv_into(self._source, view)
        except TimeoutError:
            pass
        except OSError as error:
            raise _broken(f"the body broke off: {type(error).__name__}") from None
        # It comes slowly.
        _collect(self._source, 1)
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                count = await loop.sock_recv_into(self._source, view)
        except (OSError, TimeoutError) as error:
            raise _broken(f"the body broke off: {type(error).__name__}") from None
        _collect(self._source, min(_COLLECTED_BYTES, max(self._left - count, 1)))
        return count


def _collect(source: socket.socket, least_bytes: int) -> None:
    """So many bytes wake us up; fewer only at the end of the connection."""
    try:
        source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least_bytes)
    except OSError:
        # A system that has no such thing wakes us up for each byte.
        return


def _broken(detail: str) -> InvalidMessageError:
    return InvalidMessageError(detail)
