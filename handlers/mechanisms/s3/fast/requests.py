"""Signed requests of one end, over connections that are kept."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import Side
from handlers.mechanisms.s3.errors import refusal_of_body, translated
from handlers.mechanisms.s3.fast.connection import Connection
from handlers.mechanisms.s3.fast.flow import GoneError
from handlers.mechanisms.s3.fast.heads import Answer, written
from handlers.mechanisms.s3.fast.pool import Pool
from handlers.mechanisms.s3.fast.text import text
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.wire import Head, Wire

# A destination's answers are short.
_ANSWER_BLOCK_BYTES = 16 * 1024
# Who refuses has said the most in the status; some never end what is behind it.
_REFUSAL_SECONDS = 5.0


class Asked:
    """A request under way: its connection, and its answer when that comes."""

    def __init__(
        self, connection: Connection, request: bytes, owed_bytes: int | None
    ) -> None:
        """Writes the request; so much of its body is still to be sent."""
        self.connection = connection
        self.coming = connection.ask(request, owed_bytes)

    @property
    def was_stale(self) -> bool:
        """Whether the connection was kept, and had been closed meanwhile."""
        if self.connection.kept_at is None or not self.coming.done():
            return False
        failure = self.coming.exception()
        return isinstance(failure, GoneError) and failure.stale


class Requests:
    """The fast counterpart of `Wire`, which signs for it."""

    def __init__(self, wire: Wire, pool: Pool) -> None:
        """The pool is closed by its owner."""
        self.side = wire.side
        self._wire = wire
        self._pool = pool

    @asynccontextmanager
    async def answered(
        self, head: Head, body: bytes | None = None
    ) -> AsyncGenerator[tuple[Connection, Answer]]:
        """The answer's head, its body still to be poured; anything but 2xx raises.

        Asked again, once, where a kept connection turns out to be closed. Leaving hangs
        up at once, unless the body was poured to its end.
        """
        owed = None if body is None else 0
        said = body or b""
        async with self.begun(head, said, owed) as asked:
            answer = await self._answer(asked, head.method)
            if answer is not None:
                yield asked.connection, answer
                return
        async with self.begun(head, said, owed, fresh=True) as asked:
            with translated(self.side, head.method):
                answer = await asked.coming
            await self.require_success(asked.connection, answer, head.method)
            yield asked.connection, answer

    @asynccontextmanager
    async def begun(
        self,
        head: Head,
        first_bytes: bytes,
        owed_bytes: int | None,
        *,
        fresh: bool = False,
    ) -> AsyncGenerator[Asked]:
        """A request whose head and first bytes are sent; the others are owed.

        Leaving hangs up at once, unless it was answered to the end.
        """
        request = await self._written(head) + first_bytes
        with translated(self.side, head.method):
            connection = await self._pool.take(fresh=fresh)
        try:
            yield Asked(connection, request, owed_bytes)
        finally:
            self._pool.give(connection)

    async def require_success(
        self, connection: Connection, answer: Answer, operation: str
    ) -> None:
        """Raise what an answer that is none of success says."""
        if answer.success:
            return
        said = b""
        with translated(self.side, operation):
            try:
                async with asyncio.timeout(_REFUSAL_SECONDS):
                    said = await text(connection, answer)
            except TimeoutError:
                connection.abort()
        raise refusal_of_body(self.side, operation, answer.status, said)

    async def _answer(self, asked: Asked, operation: str) -> Answer | None:
        """None where it must be asked again."""
        with translated(self.side, operation):
            try:
                answer = await asked.coming
            except GoneError:
                if asked.was_stale:
                    return None
                raise
        await self.require_success(asked.connection, answer, operation)
        return answer

    async def _written(self, head: Head) -> bytes:
        target, headers = await self._wire.signed(head)
        said = {"Host": self._wire.signer.host, **headers}
        with translated(self.side, head.method):
            return written(head.method, target, said)


@asynccontextmanager
async def requests_of(wire: Wire, settings: S3Settings) -> AsyncGenerator[Requests]:
    """Of one end, to its bucket's origin; the connections close on exit."""
    reads = wire.side is Side.SOURCE
    block = settings.read_buffer_bytes if reads else _ANSWER_BLOCK_BYTES
    pool = Pool(wire.signer.origin, settings.connect_seconds, block)
    try:
        yield Requests(wire, pool)
    finally:
        await pool.close()
