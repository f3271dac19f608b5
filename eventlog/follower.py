"""Follows the log: a page of events and the position after it, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from domain.errors import VersionConflictError
from domain.message import Recorded
from eventlog import mapper
from eventlog.recorder import CHANNEL
from eventlog.statements import SELECT_PAGE

PAGE_EVENTS = 500

Apply = Callable[[AsyncConnection, Sequence[Recorded]], Awaitable[None]]
Applied = Callable[[Sequence[Recorded]], Awaitable[None]]

_POSITION = "SELECT position FROM {}.positions WHERE name = %s"
_ADVANCE = (
    "INSERT INTO {0}.positions AS p (name, position) VALUES (%(name)s, %(after)s)"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
    " WHERE p.position = %(before)s"
)


@dataclass(frozen=True)
class Follower:
    """One reader of the whole log; `name` has one active instance, others stand by.

    `apply` writes rows through the connection that it is given, and nothing else: its
    transaction also moves the position, so a page counts once, whenever we are killed.
    `applied` runs after the commit, and before anything is read at the start (with no
    events): it must be able to find by itself what is left to do.
    """

    pool: AsyncConnectionPool
    name: str
    schema: str
    apply: Apply
    applied: Applied | None = None
    idle_seconds: float = 1.0

    async def run(self) -> None:
        """Until cancelled. Raises psycopg.OperationalError when the database goes."""
        async with self.pool.connection() as listener:
            # Held by this connection: when it dies, so does our claim to be the one.
            await listener.execute("SELECT pg_advisory_lock(%s)", (self._lock_key(),))
            try:
                await listener.execute(SQL("LISTEN {}").format(Identifier(CHANNEL)))
                if self.applied:
                    await self.applied(())
                while True:
                    if not await self.step():
                        await self._wait(listener)
            finally:
                if not listener.closed:
                    await listener.execute(SQL("UNLISTEN *"))
                    await listener.execute("SELECT pg_advisory_unlock_all()")

    async def catch_up(self) -> None:
        """Apply whatever the log holds now, and return."""
        while await self.step():
            pass

    async def step(self) -> bool:
        """One page. Returns whether there may be another at once."""
        async with self.pool.connection() as connection:
            before = await self.position(connection)
            page = await _read_page(connection, before)
            if page:
                async with connection.transaction():
                    await self._advance(connection, before, page[-1].position)
                    await self.apply(connection, page)
        if self.applied:
            await self.applied(page)
        return len(page) == PAGE_EVENTS

    async def position(self, connection: AsyncConnection) -> int:
        """How far it is: the position of the last event that was applied."""
        query = SQL(_POSITION).format(Identifier(self.schema))
        row = await (await connection.execute(query, (self.name,))).fetchone()
        return int(row[0]) if row else 0

    async def _advance(
        self, connection: AsyncConnection, before: int, after: int
    ) -> None:
        query = SQL(_ADVANCE).format(Identifier(self.schema))
        values = {"name": self.name, "before": before, "after": after}
        if (await connection.execute(query, values)).rowcount != 1:
            raise VersionConflictError(f"{self.name} is being followed elsewhere")

    async def _wait(self, listener: AsyncConnection) -> None:
        # The timeout also covers a notification that came between read and LISTEN.
        async for _ in listener.notifies(timeout=self.idle_seconds, stop_after=1):
            pass

    def _lock_key(self) -> int:
        digest = blake2b(f"{self.schema}.{self.name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)


async def _read_page(connection: AsyncConnection, after: int) -> list[Recorded]:
    rows = await connection.execute(
        SELECT_PAGE, (after, PAGE_EVENTS), prepare=True, binary=True
    )
    return [mapper.to_recorded(*row) async for row in rows]
