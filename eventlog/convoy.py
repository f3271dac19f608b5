"""Followers that read the log together: a page is read once, and stored in one go."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from domain.errors import VersionConflictError
from domain.message import Recorded
from eventlog.follower import Follower, Read, let_go
from eventlog.paging import PAGE_EVENTS, Row, page_after
from eventlog.waking import Pace, awake

log = logging.getLogger(__name__)

_FIRST_REST_SECONDS, _LONGEST_REST_SECONDS = 0.2, 5.0

_POSITIONS = "SELECT name, position FROM {}.positions WHERE name = ANY(%s)"
# In the order of names, for whom else holds some of them.
_ADVANCE = (
    "INSERT INTO {}.positions AS p (name, position)"
    " SELECT name, %(after)s FROM unnest(%(names)s::text[]) AS name ORDER BY name"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
    " WHERE p.position = %(before)s"
)


@dataclass
class _Rest:
    """A follower that failed is left alone until `until`, longer each time."""

    until: float = 0.0
    seconds: float = _FIRST_REST_SECONDS


@dataclass(frozen=True)
class Convoy:
    """Those at the front of the log go on together; who is behind comes up by itself.

    Each is what it is alone: a page and its position are one transaction, there is one
    active instance of a name, and what `applied` is told was committed. One that fails
    keeps no other back: it is left where it is, and tried again after a while.
    """

    pool: AsyncConnectionPool
    schema: str
    followers: Sequence[Follower]
    pace: Pace
    _resting: dict[str, _Rest] = field(default_factory=dict[str, _Rest])

    async def run(self) -> None:
        """Until cancelled. Raises psycopg.OperationalError when the database goes."""
        async with self.pool.connection() as listener:
            try:
                # In one order everywhere, so that no two wait for each other.
                for key in sorted(each.lock_key for each in self.followers):
                    await listener.execute("SELECT pg_advisory_lock(%s)", (key,))
                for each in self.followers:
                    if each.applied:
                        await each.applied(())
                await awake(listener, self.pace, self._wanted, self.step)
            finally:
                await let_go(listener)

    async def step(self) -> bool:
        """A page for each that is not resting. Returns whether there may be more."""
        now = asyncio.get_running_loop().time()
        ready = [
            each
            for each in self.followers
            if each.name not in self._resting or self._resting[each.name].until <= now
        ]
        async with self.pool.connection() as connection:
            at = await self._positions(connection)
        front = max((at[each.name] for each in ready), default=0)
        leading = [each for each in ready if at[each.name] == front]
        behind = [each for each in ready if at[each.name] < front]
        more = [await self._alone(each) for each in behind]
        if leading:
            more.append(await self._together(leading, front))
        return any(more)

    async def _alone(self, follower: Follower) -> bool:
        try:
            more = await follower.step()
        except Exception as error:  # noqa: BLE001 (it must keep no other back)
            self._rest(follower.name, error)
            return False
        self._resting.pop(follower.name, None)
        return more

    async def _together(self, leading: Sequence[Follower], front: int) -> bool:
        try:
            async with self.pool.connection() as connection:
                rows = await page_after(
                    connection, front, _topics(leading), PAGE_EVENTS
                )
                seen = await self._applied(connection, leading, front, rows)
        except VersionConflictError:
            # A position was moved: that of a model which was put in another's place.
            return True
        except Exception as error:  # noqa: BLE001 (whose it is shows when each goes alone)
            fields = {"position": front, "error": f"{type(error).__name__}: {error}"}
            log.info("a page is taken one by one", extra={"fields": fields})
            more = [await self._alone(each) for each in leading]
            return any(more)
        for each, events in zip(leading, seen, strict=True):
            self._resting.pop(each.name, None)
            if each.applied and (events or not rows):
                await each.applied(events)
        return len(rows) == PAGE_EVENTS

    async def _applied(
        self,
        connection: AsyncConnection,
        leading: Sequence[Follower],
        front: int,
        rows: Sequence[Row],
    ) -> list[list[Recorded]]:
        seen = _seen(leading, rows)
        if rows:
            async with connection.transaction():
                await self._advance(connection, leading, front, rows[-1][0])
                for each, events in zip(leading, seen, strict=True):
                    if events:
                        await each.apply(connection, events)
        return seen

    async def _positions(self, connection: AsyncConnection) -> dict[str, int]:
        names = [each.name for each in self.followers]
        query = SQL(_POSITIONS).format(Identifier(self.schema))
        cursor = await connection.execute(query, (names,), prepare=True)
        known = {row[0]: int(row[1]) async for row in cursor}
        return {name: known.get(name, 0) for name in names}

    async def _advance(
        self,
        connection: AsyncConnection,
        leading: Sequence[Follower],
        front: int,
        after: int,
    ) -> None:
        names = [each.name for each in leading]
        query = SQL(_ADVANCE).format(Identifier(self.schema))
        values = {"names": names, "before": front, "after": after}
        if (await connection.execute(query, values)).rowcount != len(names):
            raise VersionConflictError("a position was moved by somebody else")

    def _wanted(self, appended: str) -> bool:
        return any(each.wanted(appended) for each in self.followers)

    def _rest(self, name: str, error: Exception) -> None:
        fields = {"projection": name, "error": f"{type(error).__name__}: {error}"}
        log.warning("follower failed", extra={"fields": fields})
        rest = self._resting.setdefault(name, _Rest())
        rest.until = asyncio.get_running_loop().time() + rest.seconds
        rest.seconds = min(2 * rest.seconds, _LONGEST_REST_SECONDS)


def _topics(leading: Sequence[Follower]) -> frozenset[str] | None:
    """What any of them wants; None is all."""
    wanted = [each.topics for each in leading if each.topics is not None]
    if len(wanted) < len(leading):
        return None
    return frozenset[str]().union(*wanted)


def _seen(leading: Sequence[Follower], rows: Sequence[Row]) -> list[list[Recorded]]:
    """What each sees of the page; an event that several see alike is made once."""
    made: dict[tuple[Read, int], Recorded] = {}

    def event(read: Read, row: Row) -> Recorded:
        key = (read, row[0])
        if key not in made:
            made[key] = read(*row)
        return made[key]

    return [
        [
            event(each.read, row)
            for row in rows
            if each.topics is None or row[3] in each.topics
        ]
        for each in leading
    ]
