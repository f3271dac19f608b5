"""Questions to the dispatcher's rows, and the few changes that no event makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from domain.scheduling.priority import USUAL
from domain.transfer.events import PlannedObject, Route


@dataclass(frozen=True)
class FlowRow:
    """An unfinished flow."""

    data_flow_id: str
    state: str
    moves_data: bool
    planned: bool
    ended: bool
    objects: int
    size_bytes: int
    failed_objects: int
    failure_code: str | None
    failure_detail: str | None
    agreement_id: str = ""
    resumes: int = 0
    gate: str = ""
    held_objects: int = 0
    waiting_code: str | None = None
    waiting_side: str | None = None
    waiting_detail: str | None = None
    failed_bytes: int = 0
    tenant: str = ""
    priority: int = USUAL
    timing: Mapping[str, Any] | None = None
    deferred_until: datetime | None = None
    deadline_missed: bool = False
    # Its number, by which it owns destination keys; and that it owns none any more.
    owner: int = 0
    released: bool = False


@dataclass(frozen=True)
class UploadRow:
    """A large object whose parts are all there."""

    planned: PlannedObject
    route: Route
    upload_id: str
    segments: tuple[str, ...]


class Rows:
    """The tables of the schema `work`."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        """Reads and writes through the pool."""
        self._pool = pool

    async def flow_ids(self) -> list[str]:
        """All unfinished flows."""
        async with self._pool.connection() as connection:
            rows = await connection.execute("SELECT data_flow_id FROM work.flow")
            return [row[0] async for row in rows]

    async def flow(self, data_flow_id: str) -> FlowRow | None:
        """One flow; None when nothing is left to do for it."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(FlowRow)) as cursor,
        ):
            query = "SELECT * FROM work.flow WHERE data_flow_id = %s"
            return await (await cursor.execute(query, (data_flow_id,))).fetchone()

    async def uploaded(self, data_flow_id: str) -> list[UploadRow]:
        """Large objects whose parts are all there, and that nobody completes yet."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT planned, route, upload_id,"
                " array(SELECT segment_id FROM work.segment s"
                "  WHERE s.data_flow_id = o.data_flow_id AND s.object_id = o.object_id"
                "  AND s.kind = 'parts' ORDER BY place)"
                " FROM work.object o WHERE data_flow_id = %s"
                " AND state = 'uploading' AND segments_done = segments",
                (data_flow_id,),
            )
            return [
                UploadRow(PlannedObject.model_validate(p), Route(r), u, tuple(s))
                async for p, r, u, s in rows
            ]

    async def unfinished(self, data_flow_id: str) -> bool:
        """Whether any segment or large object has no outcome yet."""
        async with self._pool.connection() as connection:
            query = (
                "SELECT EXISTS (SELECT FROM work.segment WHERE data_flow_id = %(f)s"
                "  AND state IN ('ready', 'queued', 'leased'))"
                " OR EXISTS (SELECT FROM work.object WHERE data_flow_id = %(f)s"
                "  AND state IN ('uploading', 'completing'))"
            )
            rows = await connection.execute(query, {"f": data_flow_id})
            row = await rows.fetchone()
            return bool(row and row[0])

    async def withheld(self, data_flow_id: str) -> bool:
        """Whether there are deletions that nobody may begin yet."""
        async with self._pool.connection() as connection:
            query = (
                "SELECT EXISTS (SELECT FROM work.segment WHERE data_flow_id = %s"
                " AND state = 'withheld')"
            )
            row = await (await connection.execute(query, (data_flow_id,))).fetchone()
            return bool(row and row[0])

    async def to_upload(self, flow: FlowRow) -> bool:
        """Whether an approved plan is not begun, or has an object without an upload."""
        if flow.gate != "open" or flow.held_objects:
            return flow.gate in {"approved", "open"}
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT EXISTS (SELECT FROM work.object WHERE data_flow_id = %s"
                " AND upload_id IS NULL)",
                (flow.data_flow_id,),
            )
            row = await rows.fetchone()
            return bool(row and row[0])

    async def objects_in(self, data_flow_id: str, state: str) -> set[str]:
        """The ids of the large objects in a state."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT object_id FROM work.object"
                " WHERE data_flow_id = %s AND state = %s",
                (data_flow_id, state),
            )
            return {row[0] async for row in rows}

    async def failed_uploads(self, data_flow_id: str) -> tuple[int, int]:
        """How many large objects have failed, and their bytes."""
        async with self._pool.connection() as connection:
            query = (
                "SELECT count(*), coalesce(sum((planned->>'size_bytes')::bigint), 0)"
                " FROM work.object WHERE data_flow_id = %s AND state = 'failed'"
            )
            row = await (await connection.execute(query, (data_flow_id,))).fetchone()
            return (int(row[0]), int(row[1])) if row else (0, 0)

    async def forget(self, data_flow_id: str) -> None:
        """Nothing is left to do for the flow."""
        async with self._pool.connection() as connection, connection.transaction():
            for table in ("segment", "object", "flow"):
                await connection.execute(
                    f"DELETE FROM work.{table} WHERE data_flow_id = %s",  # noqa: S608
                    (data_flow_id,),
                )
