"""Append what happened, project it, look at the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from psycopg import AsyncConnection, Rollback
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from domain import names
from domain.endpoint import EndpointLearned
from eventlog import Append, EventLog, Follower, migrate
from projections.catalogue import READ_MODELS
from projections.read_model import LIVE
from tests.projections.events import cause

if TYPE_CHECKING:
    from uuid import UUID

    from domain.message import Cause, Event, Recorded
    from projections.flow_states import LogEvent


def stream_of(event: Event) -> UUID:
    """The stream that an event belongs to."""
    if isinstance(event, EndpointLearned):
        return names.endpoint_stream(event.endpoint)
    if event.TOPIC.startswith("task."):
        return names.task_stream(cast("Any", event).task_id)
    one = cast("LogEvent", event)
    match event.TOPIC.partition(".")[0]:
        case "segment":
            segment_id: str = cast("Any", event).segment_id
            return names.segment_stream(one.data_flow_id, segment_id)
        case "file":
            return names.file_stream(cast("Any", event).file_id)
        case "upload":
            return names.upload_stream(cast("Any", event).upload_id)
        case category:
            return names.stream_id(category, one.data_flow_id)


@dataclass
class Story:
    """A log with the followers of all read models, moved by hand."""

    url: str
    log: EventLog
    versions: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))

    async def happened(self, *events: Event, why: Cause | None = None) -> int:
        """Append them in this order; returns the last position."""
        appends = []
        for event in events:
            stream = stream_of(event)
            appends.append(Append(stream, self.versions[stream], (event,)))
            self.versions[stream] += 1
        return await self.log.append(why or cause(), *appends)

    def follower(self, name: str, schema: str = LIVE) -> Follower:
        """The follower of a read model, not running."""
        return READ_MODELS[name].follower(self.log.pool, schema)

    async def project(self) -> None:
        """Let every read model catch up, each page twice."""
        for name in READ_MODELS:
            follower = self.follower(name)
            await twice(follower).catch_up()

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table of the live read models, by its primary key."""
        query = SQL("SELECT * FROM {} AS t ORDER BY t::text")
        async with (
            self.log.pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(query.format(Identifier(LIVE, table)))
            return await cursor.fetchall()

    async def row(self, table: str) -> dict[str, Any]:
        """The only row of a table."""
        (only,) = await self.rows(table)
        return only


def twice(follower: Follower) -> Follower:
    """The same follower, but each page is first applied and rolled back.

    That is what a kill before the commit leaves: the page comes again.
    """

    async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
        async with connection.transaction() as first:
            await follower.apply(connection, page)
            raise Rollback(first)
        await follower.apply(connection, page)

    return replace(follower, apply=apply)


@asynccontextmanager
async def story_in(url: str) -> AsyncIterator[Story]:
    """A story in an empty database."""
    migrate(url)
    async with EventLog.open(url) as log:
        yield Story(url, log)
