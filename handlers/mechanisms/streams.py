"""Bytes on their way from one end to the other: counted, hashed, timed."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

from domain.errors import Side, StorageError
from handlers.mechanisms.errors import unreachable
from handlers.mechanisms.hashes import Hashes
from handlers.ports import Incoming, Meter


@dataclass(frozen=True)
class Patience:
    """How long bytes are waited for."""

    idle_seconds: float = 60.0
    """No byte moves for so long: given up."""
    total_seconds: float = 300.0
    """One relay, besides the time that the slowest rate allows for its length."""
    slowest_bytes_per_second: int = 256 * 1024

    def watch(self, length_bytes: int, meter: Meter | None = None) -> "Watch":
        """For a relay of this length."""
        total = self.total_seconds + length_bytes / self.slowest_bytes_per_second
        return Watch(self.idle_seconds, total, meter)


class Watch:
    """Ends a relay that moves nothing, or takes for ever, and says who was waited for.

    asyncio's own time-outs cancel; both connections are then closed at once. A pause
    that a limit makes is neither side's, and both time-outs are put off by it.
    """

    def __init__(
        self, idle_seconds: float, total_seconds: float, meter: Meter | None = None
    ) -> None:
        """Both time-outs count from entering. Without a meter, nothing is limited."""
        self._meter = meter
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

    def moved(self, count: int) -> float:
        """`handlers.ports.Meter.moved`; the pause that it asks for is put off here."""
        pause = self._meter.moved(count) if self._meter is not None else 0.0
        ends_at = self._total.when()
        if pause and ends_at is not None and not self._total.expired():
            self._total.reschedule(ends_at + pause)
            self.waits_for(self.side)
        return pause

    async def over(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The chunks, watched: until each comes, and until it is taken."""
        self.waits_for(Side.SOURCE)
        async for chunk in chunks:
            self.waits_for(Side.DESTINATION)
            count = len(chunk)
            while pause := self.moved(count):
                await asyncio.sleep(pause)
                count = 0
            yield chunk
            self.waits_for(Side.SOURCE)
        self.waits_for(Side.DESTINATION)

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


def require_length(found_bytes: int, planned_bytes: int) -> None:
    """Raise `storage.refused` unless a source announces what was planned."""
    if found_bytes != planned_bytes:
        raise StorageError(
            "source announced another length than was asked for",
            code="storage.refused",
            side=Side.SOURCE,
        )


async def exactly(
    content: aiohttp.StreamReader, length_bytes: int
) -> AsyncIterator[bytes]:
    """The source's bytes: as many as it announced, or StorageError where they end.

    So the request that they were to fill is never finished with less.
    """
    size = 0
    while size < length_bytes:
        try:
            chunk = await content.readany()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unreachable(Side.SOURCE, "GET", error) from None
        size += len(chunk)
        if not chunk or size > length_bytes:
            raise StorageError(
                f"source sent {size} bytes and had announced {length_bytes}",
                side=Side.SOURCE,
            )
        yield chunk


class Outgoing:
    """What comes in, hashed on its way out; to be iterated once.

    `failure` is what the bytes raised: whoever sends them may wrap it beyond
    recognition, as aiohttp does.
    """

    def __init__(self, incoming: Incoming, hashes: Hashes) -> None:
        """Reads nothing yet."""
        self._incoming = incoming
        self._hashes = hashes
        self.failure: Exception | None = None

    @property
    def finished(self) -> bool:
        """Whether every byte has passed."""
        return self._hashes.size_bytes == self._incoming.size_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._hashes.size_bytes:
            # A client that begins again, on another connection, would send the rest.
            self.failure = StorageError(
                "destination hung up, and a body is not sent twice",
                side=Side.DESTINATION,
            )
            raise self.failure
        try:
            async for chunk in self._incoming.chunks:
                self._hashes.update(chunk)
                yield chunk
        except Exception as error:
            self.failure = error
            raise
