"""What one request sends: cut into pieces, summed up, each block taken in its turn."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from aiohttp import web

from domain.errors import InvalidMessageError
from domain.upload.fairness import Want
from handlers.files.straight import body_of
from handlers.files.uploads.admission import Admission
from handlers.files.uploads.checksums import Crc64, Promised, Running
from handlers.files.uploads.holds import Hold
from handlers.files.uploads.patience import watched
from handlers.web.bodies import Body, go_on


@dataclass
class Sent:
    """The body of a request to write; `promised` is what it must sum up to.

    `crc` sums up what passes, where its sender is to be told.
    """

    request: web.BaseRequest
    promised: Promised | None = None
    crc: Crc64 | None = None
    body: Body = field(init=False)
    too_slow: bool = False
    _sum: Running | None = None
    _welcome: bool = False

    def __post_init__(self) -> None:
        """Reads nothing yet."""
        self.body = body_of(self.request)
        if self.promised is not None:
            self._sum = self.promised.running()

    @property
    def length(self) -> int | None:
        """How many bytes it announces; None where it does not."""
        return self.request.content_length

    def welcome(self) -> None:
        """Its sender may begin; said once."""
        if not self._welcome:
            self._welcome = True
            go_on(self.request)

    def put_down(self) -> None:
        """Take no more of it: as if its sender were gone."""
        self.body.put_down()

    def give_up(self) -> None:
        """Take no more of it: it comes too slowly, and others wait."""
        self.too_slow = True
        self.put_down()

    async def drain(self) -> None:
        """Read it, and forget it: its sender hears the answer when it has sent all."""
        self.welcome()
        async for _ in _as_it_comes(self.body.rest()):
            pass

    async def passed(self, block: bytes) -> None:
        """Sum up bytes that were taken."""
        if self.crc is not None:
            self.crc.update(block)
        if self._sum is not None:
            await asyncio.to_thread(self._sum.update, block)

    def require_promised(self) -> None:
        """Raise `file.mismatch` where these are not the bytes that were promised."""
        if self.promised is not None and self._sum is not None:
            self.promised.require(self._sum)


@dataclass(frozen=True)
class Arriving:
    """A body on its way into one upload; `want` says whose, and how much of it."""

    sent: Sent
    want: Want
    admission: Admission
    hold: Hold
    progress: Callable[[int], None]

    def exactly(self, length_bytes: int) -> AsyncGenerator[bytes]:
        """So many bytes. Raises InvalidMessageError where fewer come."""
        return self._blocks(self.sent.body.piece(length_bytes))

    def what_comes(self, most_bytes: int) -> AsyncGenerator[bytes]:
        """Up to so many bytes: what came before its end, or before it broke off."""
        return self._blocks(_as_it_comes(self.sent.body.piece(most_bytes)))

    async def _blocks(self, body: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        with watched(self.hold, self.admission, self.sent.give_up):
            async with aclosing(self._taken(body)) as taken:
                self.hold.reads = True
                async for block in taken:
                    yield block
                    self.hold.reads = True

    async def _taken(self, body: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        async for block in body:
            self.hold.reads = False
            self.hold.moved(len(block))
            await self.sent.passed(block)
            self.progress(len(block))
            if not self.admission.competing:
                yield block
                continue
            want = replace(self.want, size_bytes=len(block))
            async with self.admission.moving(want):
                # Whoever stores it comes back when it has done so.
                yield block


async def _as_it_comes(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for block in body:
            yield block
    except InvalidMessageError:
        return
    except asyncio.CancelledError:
        # The server closes, and breaks the body off so; nobody cancels the storing.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise


async def of(blocks: Sequence[bytes]) -> AsyncIterator[bytes]:
    """What is held already."""
    for block in blocks:
        yield block
