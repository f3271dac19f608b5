"""Follows the log: a page of events and the position after it, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from domain.errors import VersionConflictError
from domain.message import Recorded
from eventlog import mapper
from eventlog.paging import PAGE_EVENTS, page_after
from eventlog.waking import Pace, awake

Apply = Callable[[AsyncConnection, Sequence[Recorded]], Awaitable[None]]
Applied = Callable[[Sequence[Recorded]], Awaitable[None]]
# Of position, stream, version, topic and state.
Read = Callable[[int, UUID, int, str, bytes], Recorded]

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
    Events of other `topics` than these are passed over unread, when the log is looked
    at the next time; None is all of them.
    `read` makes an event of what is stored: one that needs little of it may be quicker.
    """

    pool: AsyncConnectionPool
    name: str
    schema: str
    apply: Apply
    applied: Applied | None = None
    topics: frozenset[str] | None = None
    pace: Pace = field(default_factory=Pace)
    read: Read = mapper.to_recorded

    async def run(self) -> None:
        """Until cancelled. Raises psycopg.OperationalError when the database goes."""
        async with self.pool.connection() as listener:
            # Held by this connection: when it dies, so does our claim to be the one.
            await listener.execute("SELECT pg_advisory_lock(%s)", (self.lock_key,))
            try:
                if self.applied:
                    await self.applied(())
                await awake(listener, self.pace, self.wanted, self.step)
            finally:
                await let_go(listener)

    async def catch_up(self) -> None:
        """Apply whatever the log holds now, and return."""
        while await self.step():
            pass

    async def step(self) -> bool:
        """One page. Returns whether there may be another at once."""
        async with self.pool.connection() as connection:
            page = await self._next(connection)
        # Pages of what is passed over say nothing; that there is none says so.
        if self.applied and (page.events or not page.count):
            await self.applied(page.events)
        return page.count == PAGE_EVENTS

    async def catch_up_in(self, connection: AsyncConnection) -> None:
        """As `catch_up`, in the caller's transaction, which holds the position.

        `applied` is not called.
        """
        while (await self._next(connection)).count == PAGE_EVENTS:
            pass

    async def _next(self, connection: AsyncConnection) -> "_Page":
        before = await self.position(connection)
        page = await self._page(connection, before)
        if page.count:
            async with connection.transaction():
                await self._advance(connection, before, page.after)
                if page.events:
                    await self.apply(connection, page.events)
        return page

    async def position(self, connection: AsyncConnection) -> int:
        """How far it is: the position of the last event that was applied."""
        query = SQL(_POSITION).format(Identifier(self.schema))
        row = await (await connection.execute(query, (self.name,))).fetchone()
        return int(row[0]) if row else 0

    async def _page(self, connection: AsyncConnection, after: int) -> "_Page":
        rows = await page_after(connection, after, self.topics, PAGE_EVENTS)
        events = [self.read(*row) for row in rows if row[4] is not None]
        return _Page(events, len(rows), rows[-1][0] if rows else after)

    async def _advance(
        self, connection: AsyncConnection, before: int, after: int
    ) -> None:
        query = SQL(_ADVANCE).format(Identifier(self.schema))
        values = {"name": self.name, "before": before, "after": after}
        if (await connection.execute(query, values)).rowcount != 1:
            raise VersionConflictError(f"{self.name} is being followed elsewhere")

    def wanted(self, appended: str) -> bool:
        """Whether there may be something for us among the topics of a wake-up."""
        if self.topics is None or not appended:
            return True
        return not self.topics.isdisjoint(appended.split())

    @property
    def lock_key(self) -> int:
        """Whoever holds this lock is the active one of its name."""
        digest = blake2b(f"{self.schema}.{self.name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)


async def let_go(listener: AsyncConnection) -> None:
    """Give a connection back without what a follower had it do."""
    if not listener.closed:
        await listener.execute(SQL("UNLISTEN *"))
        await listener.execute("SELECT pg_advisory_unlock_all()")


@dataclass(frozen=True)
class _Page:
    """The events that are wanted of the next `count`; `after` is the last position."""

    events: Sequence[Recorded]
    count: int
    after: int
