"""The rows of the queue: which segments are in it, and which could be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

_MAY_COPY: Final = (
    "f.state = 'running' AND NOT f.ended AND f.gate IN ('', 'open')"
    " AND f.waiting_code IS NULL AND f.deferred_until IS NULL"
)
_HELD: Final = (
    "SELECT s.data_flow_id, segment_id, kind, epoch, s.state,"  # noqa: S608 (ours)
    f" ({_MAY_COPY}) AS goes_on"
    " FROM work.segment s JOIN work.flow f USING (data_flow_id)"
    " WHERE s.state IN ('queued', 'leased') AND f.state = 'running'"
)
_LEASED: Final = (
    "SELECT data_flow_id, segment_id, kind, epoch, state, false AS goes_on"
    " FROM work.segment WHERE data_flow_id = %s AND state = 'leased'"
)
_CLAIMS: Final = (
    "SELECT f.data_flow_id, tenant, priority, timing, deadline_missed,"  # noqa: S608
    " ready, completions FROM work.flow f CROSS JOIN LATERAL ("
    "  SELECT count(*) AS ready,"
    "  count(*) FILTER (WHERE kind = 'completion') AS completions FROM ("
    "   SELECT kind FROM work.segment s WHERE state = 'ready'"
    "   AND s.data_flow_id = f.data_flow_id ORDER BY kind LIMIT %(most)s"
    f" ) AS first_ones) AS counted WHERE {_MAY_COPY}"
    " AND (ready > 0 OR f.data_flow_id = ANY(%(held)s))"
)
_READY: Final = (
    "SELECT found.*, true AS goes_on FROM"
    " unnest(%(flows)s::text[], %(counts)s::int[]) AS got (flow, most),"
    " unnest(ARRAY['completion', 'deletion', 'pack', 'parts']) AS kinds (sort),"
    " LATERAL (SELECT data_flow_id, segment_id, kind, epoch, state"
    "  FROM work.segment WHERE data_flow_id = flow AND state = 'ready'"
    "  AND kind = sort ORDER BY place LIMIT most) AS found"
)


@dataclass(frozen=True)
class SegmentRow:
    """A segment that is ready, or that is in the queue or in a worker's hand.

    `goes_on`: its flow copies now. If not, it is being put down.
    """

    data_flow_id: str
    segment_id: str
    kind: str
    epoch: int
    state: str
    goes_on: bool

    @property
    def key(self) -> tuple[str, str]:
        """What heartbeats name it by."""
        return self.data_flow_id, self.segment_id


@dataclass(frozen=True)
class ClaimRow:
    """A flow that copies now, and how many of its segments could be queued."""

    data_flow_id: str
    tenant: str
    priority: int
    timing: Mapping[str, Any] | None
    deadline_missed: bool
    ready: int
    completions: int


class Queued:
    """What the dispatcher asks of the tables of the schema `work`, and changes there.

    No question costs more for what is done already.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        """Reads and writes through the pool."""
        self._pool = pool

    async def held(self) -> list[SegmentRow]:
        """What should be in the queue or in a worker's hand."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(SegmentRow)) as cursor,
        ):
            return await (await cursor.execute(_HELD)).fetchall()

    async def leased(self, data_flow_id: str) -> list[SegmentRow]:
        """What workers have of the flow, whatever has become of it."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(SegmentRow)) as cursor,
        ):
            return await (await cursor.execute(_LEASED, (data_flow_id,))).fetchall()

    async def claims(self, held: Collection[str], most: int) -> list[ClaimRow]:
        """Flows with something ready (counted up to `most`), and those that hold some.

        Completions are counted first.
        """
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(ClaimRow)) as cursor,
        ):
            values = {"held": list(held), "most": most}
            return await (await cursor.execute(_CLAIMS, values)).fetchall()

    async def ready(self, counts: Mapping[str, int]) -> list[SegmentRow]:
        """Of each flow the first so many of each kind, in the order of the plan."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(SegmentRow)) as cursor,
        ):
            values = {"flows": [*counts], "counts": [*counts.values()]}
            return await (await cursor.execute(_READY, values)).fetchall()

    async def mark_queued(self, segment: SegmentRow) -> None:
        """It is in the queue, unless a worker has it already.

        One at a time: the log's own changes of these rows come in another order.
        """
        async with (
            self._pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            # What a crash forgets is queued again, and dropped as a repetition.
            await connection.execute("SET LOCAL synchronous_commit = off")
            await connection.execute(
                "UPDATE work.segment SET state = 'queued' WHERE data_flow_id = %s"
                " AND segment_id = %s AND state = 'ready' AND epoch = %s",
                (segment.data_flow_id, segment.segment_id, segment.epoch),
            )

    async def queue_again(self, segment: SegmentRow) -> None:
        """The broker has lost it: it is ready once more, under a new epoch."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE work.segment SET state = 'ready', epoch = epoch + 1"
                " WHERE data_flow_id = %s AND segment_id = %s AND epoch = %s"
                " AND state IN ('queued', 'leased')",
                (segment.data_flow_id, segment.segment_id, segment.epoch),
            )
