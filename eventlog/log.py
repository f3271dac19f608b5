"""Load a stream, append at a version: all that a handler needs of the log."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from eventsourcing.persistence import IntegrityError, StoredEvent
from psycopg_pool import AsyncConnectionPool
from uuid_utils.compat import uuid7

from domain.errors import VersionConflictError
from domain.message import Cause, Event, Metadata, Recorded
from eventlog import mapper
from eventlog.appender import GroupAppender
from eventlog.recorder import open_recorder
from eventlog.statements import SELECT_STREAM, SELECT_STREAMS


@dataclass(frozen=True)
class Append:
    """Events for one stream, to stand directly after `after_version`."""

    stream: UUID
    after_version: int
    events: Sequence[Event]


class EventLog:
    """The log, for one process. Open it with `EventLog.open`."""

    def __init__(self, pool: AsyncConnectionPool, appender: GroupAppender) -> None:
        """Reads through the pool, writes through the appender."""
        self.pool = pool
        self._appender = appender

    @classmethod
    @asynccontextmanager
    async def open(cls, database_url: str, *, readers: int = 4) -> AsyncGenerator[Self]:
        """A log with its own connections; what waits is stored before it ends."""
        recorder = open_recorder(database_url)
        appender = GroupAppender(recorder)
        pool: AsyncConnectionPool = AsyncConnectionPool(
            database_url,
            min_size=1,
            max_size=readers,
            kwargs={"autocommit": True},
            open=False,
        )
        try:
            async with pool:
                yield cls(pool, appender)
        finally:
            appender.close()
            recorder.datastore.close()

    async def load(self, stream: UUID, *, after_version: int = 0) -> list[Recorded]:
        """The stream's events in order; none where there is no such stream."""
        async with self.pool.connection() as connection:
            rows = await connection.execute(
                SELECT_STREAM, (stream, after_version), prepare=True, binary=True
            )
            return [mapper.to_recorded(*row) async for row in rows]

    async def load_many(self, streams: Sequence[UUID]) -> list[Recorded]:
        """The events of all these streams, in the order of the log."""
        async with self.pool.connection() as connection:
            rows = await connection.execute(
                SELECT_STREAMS, (list(streams),), prepare=True, binary=True
            )
            return [mapper.to_recorded(*row) async for row in rows]

    async def append(self, cause: Cause, *appends: Append) -> int:
        """Store all of them in one transaction; returns the last position.

        Safe to call again after a lost answer: what is stored already is found by its
        event ids. Raises VersionConflictError where a version belongs to other events.
        """
        stored = [each for append in appends for each in _stored(cause, append)]
        try:
            positions = await self._appender.append(stored)
        except IntegrityError:
            return await self._read_back(stored)
        return positions[-1]

    async def _read_back(self, stored: Sequence[StoredEvent]) -> int:
        # The recorder tries again after a lost reply to COMMIT, and then collides with
        # what it has stored itself. Only the ids tell that from somebody else's event.
        streams = {UUID(str(each.originator_id)) for each in stored}
        found = {
            (each.stream, each.version): each
            for each in await self.load_many(list(streams))
        }
        last = 0
        for each in stored:
            ours = mapper.to_recorded(
                0,
                UUID(str(each.originator_id)),
                each.originator_version,
                each.topic,
                each.state,
            )
            there = found.get((ours.stream, ours.version))
            if there is None or there.metadata.event_id != ours.metadata.event_id:
                raise VersionConflictError("the stream has moved on")
            last = max(last, there.position)
        return last


def _stored(cause: Cause, append: Append) -> list[StoredEvent]:
    now = datetime.now(UTC)
    return [
        mapper.to_stored(
            append.stream,
            append.after_version + 1 + index,
            event,
            Metadata(event_id=uuid7(), recorded_at=now, **dict(cause)),
        )
        for index, event in enumerate(append.events)
    ]
