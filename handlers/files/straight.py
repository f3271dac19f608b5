"""A large body, straight from the socket into large blocks.

The usual way copies each byte twice more and wakes up for each 64 KiB: half of what a
large upload costs. Here the kernel collects while the last block is written, and one
call takes what is there. The connection is closed after the answer: whoever parses it
has not seen these bytes.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import cast

from aiohttp import web

from domain.errors import DataPlaneError
from handlers.files.blocks import BLOCK_BYTES
from handlers.web.bodies import IDLE_SECONDS, Body

_LEAST_BYTES = 4 * BLOCK_BYTES
_MOST_DROPPED_BYTES = 64 * 1024
# The kernel wakes us up when so much is there; or after a moment, whatever there is.
_COLLECTED_BYTES, _COLLECTED_SECONDS = BLOCK_BYTES // 2, 0.25


def body_of(request: web.BaseRequest) -> Body:
    """Straight where it is large, of known length, and not encrypted."""
    transport = request.transport
    if transport is None or transport.get_extra_info("sslcontext") is not None:
        return Body(request)
    plain = transport.get_extra_info("socket") is not None
    large = (request.content_length or 0) >= _LEAST_BYTES
    return Straight(request, transport) if plain and large else Body(request)


@contextmanager
def given_back(
    request: web.Request,
) -> Generator[Callable[[web.StreamResponse], None]]:
    """The connection, after a body that was taken from it.

    Yields what makes the answer the last one on it, where it was.
    """

    def closing(answer: web.StreamResponse) -> None:
        if _TAKEN in request and not answer.prepared:
            answer.force_close()

    try:
        yield closing
    finally:
        if _TAKEN in request:
            request[_TAKEN].give_back()


class Straight(Body):
    """Takes nothing from the connection before it is asked for the first bytes."""

    def __init__(self, request: web.BaseRequest, transport: asyncio.Transport) -> None:
        """For a request that nothing was read of."""
        super().__init__(request)
        self._request = request
        self._transport = transport
        self._left = request.content_length or 0
        self._parsed: list[bytes] = []
        self._source: socket.socket | None = None
        self._moved = asyncio.Event()
        self._put_down = False

    def put_down(self) -> None:
        """Take no more of it: as if its sender were gone."""
        self._put_down = True
        self._moved.set()

    def give_back(self) -> None:
        """What is refused is still read for a moment, so that it is told why."""
        if self._source is not None:
            if not self._left:
                self._drop_what_follows(self._source)
            _collect(self._source, 1)
            self._source.close()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    @staticmethod
    def _drop_what_follows(source: socket.socket) -> None:
        """A line's end behind the body, or a request that has to come again.

        If it were left there, the system would break the connection off, and our answer
        would be lost with it.
        """
        with suppress(OSError):
            source.recv(_MOST_DROPPED_BYTES)

    async def _read(self) -> bytes:
        if self._source is None:
            try:
                self._source = self._taken_over()
            except OSError as error:
                name = errno.errorcode.get(error.errno or 0, "an error")
                detail = f"the connection cannot be taken over: {name}"
                raise DataPlaneError(detail, code="plane.unavailable") from error
        if self._parsed:
            chunk = self._parsed.pop(0)
        else:
            chunk = await self._block(self._source)
        self._left -= len(chunk)
        if not self._left:
            # All of it is here, and the parser is not to wait for it.
            self._request.content.feed_eof()
        return chunk

    def _taken_over(self) -> socket.socket:
        """From here on the usual way gets nothing; what it has got by now comes first.

        To empty its buffer lets the parser go on with what it had put aside.
        """
        while chunk := self._request.content.read_nowait():
            self._parsed.append(chunk)
        self._transport.pause_reading()
        self._request[_TAKEN] = self
        given = self._transport.get_extra_info("socket")
        ours = socket.socket(fileno=os.dup(given.fileno()))
        ours.setblocking(False)  # noqa: FBT003 (the library's)
        _collect(ours, _COLLECTED_BYTES)
        return ours

    async def _block(self, source: socket.socket) -> bytes:
        """The next bytes: a whole block, unless its sender is slow, or goes away."""
        block = bytearray(min(BLOCK_BYTES, self._left))
        view, filled = memoryview(block), 0
        while filled < len(block):
            try:
                count = await self._some(source, view[filled:], slow=not filled)
            except (OSError, TimeoutError):
                if not filled:
                    raise
                break
            if not count:
                break
            filled += count
        view.release()
        del block[filled:]
        # What is written, hashed or joined is never changed again.
        return cast("bytes", block)

    async def _some(
        self, source: socket.socket, view: memoryview, *, slow: bool
    ) -> int:
        """Some bytes; `slow`: also those of a sender that does not fill half a block.

        Raises OSError, TimeoutError.
        """
        least, waited = min(_COLLECTED_BYTES, len(view)), 0.0
        while True:
            _collect(source, least)
            try:
                await self._readable(source)
                return source.recv_into(view)
            except TimeoutError:
                waited += _COLLECTED_SECONDS
                if not slow or self._is_over or waited > IDLE_SECONDS:
                    raise
                least = 1
            except BlockingIOError:
                # The kernel may wake us up for nothing.
                continue

    async def _readable(self, source: socket.socket) -> None:
        """Wait only: who is cancelled while he receives may lose what he has got."""
        self._moved.clear()
        loop = asyncio.get_running_loop()
        loop.add_reader(source, self._moved.set)
        try:
            async with asyncio.timeout(_COLLECTED_SECONDS):
                if not self._is_over:
                    await self._moved.wait()
        finally:
            loop.remove_reader(source)
        if self._is_over:
            raise TimeoutError

    @property
    def _is_over(self) -> bool:
        """Also when the server closes, which breaks the usual way off."""
        return self._put_down or self._request.content.exception() is not None


# Where a request keeps who has taken its connection over.
_TAKEN = web.RequestKey("taken", Straight)


def _collect(source: socket.socket, least_bytes: int) -> None:
    """So many bytes wake us up; fewer only at the end of the connection."""
    try:
        source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least_bytes)
    except OSError:
        # A system that has no such thing wakes us up for each byte.
        return
