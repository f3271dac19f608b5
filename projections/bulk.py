"""Builds several read models from the whole log at once, as fast as that goes.

Each event is read and made once, whoever wants it; a large page is folded in memory
onto the rows that it touches, model by model, while the next page is on its way. The
rows of all models and their positions are stored in one transaction per page, as a
follower does it.
"""

import asyncio
import gc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from domain.message import Recorded
from eventlog.follower import Apply
from eventlog.mapper import to_recorded
from eventlog.paging import Row, page_after
from projections.read_model import ReadModel, put_first

PAGE_EVENTS: Final = 5000
# What a page holds is gone with it: looking for cycles in it is most of the work.
_COLLECTIONS: Final = (200_000, 50, 100)
_ADVANCE: Final = SQL(
    "INSERT INTO {}.positions (name, position) SELECT unnest(%s::text[]), %s"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)


@dataclass(frozen=True)
class _Member:
    """A read model at work."""

    model: ReadModel
    apply: Apply

    def wants(self, topic: str) -> bool:
        return self.model.topics is None or topic in self.model.topics


class Bulk:
    """Builds the tables of `models` in a schema, page after page."""

    def __init__(
        self, pool: AsyncConnectionPool, models: Sequence[ReadModel], schema: str
    ) -> None:
        """Nothing is read yet; the tables are there, and empty."""
        self._pool = pool
        self._schema = schema
        self._members = [_Member(model, model.begin()) for model in models]
        # Whoever takes all topics makes little of each event.
        wanted = [model.topics for model in models if model.topics is not None]
        self._whole = frozenset[str]().union(*wanted)
        light = {model.read for model in models if model.topics is None}
        self._light = light.pop() if len(light) == 1 else to_recorded
        self._all = any(model.topics is None for model in models)

    async def build(self, after: int = 0, up_to: int | None = None) -> int:
        """Apply what the log holds, to a position or to its end; returns the last."""
        at = after
        with _rare_collections():
            page = await self._page(at, up_to)
            while page:
                at = page[-1][0]
                following = asyncio.create_task(self._page(at, up_to))
                try:
                    await self._apply(page, at)
                finally:
                    page = await following
        return at

    async def _page(self, after: int, up_to: int | None) -> list[Row]:
        topics = None if self._all else self._whole
        async with self._pool.connection() as connection:
            rows = await page_after(connection, after, topics, PAGE_EVENTS)
        return [row for row in rows if up_to is None or row[0] <= up_to]

    async def _apply(self, page: Sequence[Row], after: int) -> None:
        events = self._sorted(page)
        names = [each.model.name for each in self._members]
        advance = _ADVANCE.format(Identifier(self._schema))
        async with self._pool.connection() as connection, connection.transaction():
            # A crash of the server means to begin anew in any case.
            await connection.execute("SET LOCAL synchronous_commit = off")
            await put_first(connection, self._schema)
            await connection.execute(advance, (names, after))
            for each, wanted in zip(self._members, events, strict=True):
                if wanted:
                    await each.apply(connection, wanted)

    def _sorted(self, page: Sequence[Row]) -> list[list[Recorded]]:
        """For each member the events that it wants, in order."""
        found: list[list[Recorded]] = [[] for _ in self._members]
        for_whom: dict[str, list[list[Recorded]]] = {}
        for position, stream, version, topic, state in page:
            if state is None:
                continue
            if topic not in for_whom:
                pairs = zip(self._members, found, strict=True)
                for_whom[topic] = [own for each, own in pairs if each.wants(topic)]
            recorded = self._read(position, stream, version, topic, state)
            for own in for_whom[topic]:
                own.append(recorded)
        return found

    def _read(
        self, position: int, stream: UUID, version: int, topic: str, state: bytes
    ) -> Recorded:
        read = to_recorded if topic in self._whole else self._light
        return read(position, stream, version, topic, state)


@contextmanager
def _rare_collections() -> Generator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
