"""A body on its way from one endpoint to the other: counted, hashed, timed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp

from domain.errors import Side, StorageError
from handlers.mechanisms.s3 import headers
from handlers.mechanisms.s3.errors import unreachable
from handlers.mechanisms.s3.integrity import Hashes


class Watch:
    """Ends a relay that moves nothing, or takes for ever, and says who was waited for.

    asyncio's own time-outs cancel; both connections are then closed at once.
    """

    def __init__(self, idle_seconds: float, total_seconds: float) -> None:
        """Both limits count from entering."""
        self._idle_seconds = idle_seconds
        self._total_seconds = total_seconds
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.timeout(idle_seconds)
        self._total = asyncio.timeout(total_seconds)
        self._both = AsyncExitStack()
        self.side = Side.SOURCE

    def waits_for(self, side: Side) -> None:
        """Something moved; from now it is this side's turn."""
        self.side = side
        if not self._idle.expired():
            self._idle.reschedule(self._loop.time() + self._idle_seconds)

    async def __aenter__(self) -> Self:
        await self._both.enter_async_context(self._total)
        await self._both.enter_async_context(self._idle)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._both.__aexit__(kind, error, trace)
        except TimeoutError:
            seconds = (
                self._idle_seconds if self._idle.expired() else self._total_seconds
            )
            raise StorageError(
                f"{self.side.value} was waited for when {seconds:g} s were over",
                side=self.side,
            ) from None


class Body:
    """The source's bytes, to be iterated once.

    Fewer bytes than announced are an error at the place where they end, so that the
    request they were to fill is never finished; `failure` says which, because aiohttp
    wraps what a body raises.
    """

    def __init__(
        self,
        content: aiohttp.StreamReader,
        length_bytes: int,
        hashes: Hashes,
        watch: Watch,
    ) -> None:
        """Reads nothing yet."""
        self._content = content
        self._length_bytes = length_bytes
        self._hashes = hashes
        self._watch = watch
        self.failure: StorageError | None = None

    @property
    def finished(self) -> bool:
        """Whether every byte has passed."""
        return self._hashes.size_bytes == self._length_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self.finished:
            self._watch.waits_for(Side.SOURCE)
            chunk = await self._next()
            self._hashes.update(chunk)
            self._watch.waits_for(Side.DESTINATION)
            yield chunk

    async def _next(self) -> bytes:
        try:
            chunk = await self._content.readany()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self.failure = unreachable(Side.SOURCE, "GET", error)
            raise self.failure from None
        size = self._hashes.size_bytes + len(chunk)
        if chunk and size <= self._length_bytes:
            return chunk
        self.failure = StorageError(
            f"source sent {size} bytes and had announced {self._length_bytes}",
            side=Side.SOURCE,
        )
        raise self.failure


class Framed:
    """aws-chunked: the body as one chunk, and behind it the checksum it must have.

    One chunk, because its size is known before its bytes: the request then has an exact
    length, and no byte is copied for framing.
    """

    def __init__(self, body: Body, length_bytes: int, hashes: Hashes) -> None:
        """The trailer is written when the last byte has been hashed."""
        self._body = body
        self._hashes = hashes
        self._start = b"%x\r\n" % length_bytes if length_bytes else b""
        self._end = b"\r\n0\r\n" if length_bytes else b"0\r\n"
        self.size_bytes = (
            len(self._start) + length_bytes + len(self._end) + len(self._trailer())
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._start
        async for chunk in self._body:
            yield chunk
        yield self._end + self._trailer()

    def _trailer(self) -> bytes:
        return f"{headers.CRC}:{self._hashes.crc64nvme}\r\n\r\n".encode()


def framed_headers(length_bytes: int, encoding: str | None) -> dict[str, str]:
    """What must announce a framed body."""
    return {
        "content-encoding": f"aws-chunked,{encoding}" if encoding else "aws-chunked",
        "x-amz-decoded-content-length": str(length_bytes),
        # Without this, Ceph takes a wrong trailer for an unknown header.
        "x-amz-sdk-checksum-algorithm": "CRC64NVME",
        "x-amz-trailer": headers.CRC,
    }
