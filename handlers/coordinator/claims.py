"""Who owns which destination key: rows that make two planners take turns.

A claim is void when its flow is over, whether or not anybody has deleted it: whoever
wants the key looks at the flow. Rows of claims are only ever added and deleted, and
numbers of flows never come back, so that what was void once is so for good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

from psycopg_pool import AsyncConnectionPool

from domain.errors import DataPlaneError

_ROUNDS = 5
# More at a time would keep those waiting too long who want one of them.
_FORGOTTEN_AT_ONCE = 100_000

# What a commit here says is on disk before the plan that follows it: later in the log.
_LAZILY: Final = "SET LOCAL synchronous_commit = off"
# Always in one order, so that no two planners wait for each other.
_TAKE: Final = (
    "INSERT INTO work.claim (place, owner) SELECT place, owner"
    " FROM work.flow, unnest(%(places)s::uuid[]) AS place"
    " WHERE data_flow_id = %(flow)s AND NOT released"
    " ORDER BY place ON CONFLICT DO NOTHING"
)
_OWNERS: Final = (
    "SELECT c.place, f.data_flow_id, f.state = 'stopped' OR f.ended"
    " FROM work.claim c LEFT JOIN work.flow f ON f.owner = c.owner AND NOT f.released"
    " WHERE c.place = ANY(%(places)s::uuid[])"
)
_CLEAR: Final = (
    "DELETE FROM work.claim WHERE place IN (SELECT c.place FROM work.claim c"
    "  WHERE c.place = ANY(%(places)s::uuid[]) AND NOT EXISTS (SELECT FROM work.flow f"
    "   WHERE f.owner = c.owner AND NOT f.released)"
    "  ORDER BY c.place FOR UPDATE OF c SKIP LOCKED)"
)
_OPENED: Final = "SELECT FROM work.flow WHERE data_flow_id = %s AND gate = 'open'"
_OPEN: Final = (
    "UPDATE work.flow SET gate = 'open' WHERE data_flow_id = %s AND gate = 'approved'"
)
_RELEASE: Final = (
    "UPDATE work.flow SET released = true WHERE data_flow_id = %s AND NOT released"
)
_FORGET: Final = (
    "DELETE FROM work.claim WHERE ctid = ANY(ARRAY(SELECT ctid FROM work.claim"
    " WHERE owner = %(owner)s LIMIT %(most)s))"
)
# Only once its rows tell of all that it has planned, and all of that is done.
_RELEASE_DONE: Final = (
    "DELETE FROM work.claim c USING work.flow f WHERE f.data_flow_id = %(flow)s"
    " AND c.owner = f.owner AND NOT EXISTS (SELECT FROM work.segment s"
    "  WHERE s.data_flow_id = f.data_flow_id"
    "  AND s.state IN ('ready', 'queued', 'leased'))"
    " AND NOT EXISTS (SELECT FROM work.object o WHERE o.data_flow_id = f.data_flow_id"
    "  AND o.state IN ('uploading', 'completing'))"
    " AND %(segments)s = (SELECT count(*) FROM work.segment s"
    "  WHERE s.data_flow_id = f.data_flow_id AND s.kind <> 'completion')"
)
# From one owner to the next by the index, whatever each of them owns.
_VOID: Final = (
    "WITH RECURSIVE owners (owner) AS ((SELECT min(owner) FROM work.claim) UNION ALL"
    " SELECT (SELECT min(c.owner) FROM work.claim c WHERE c.owner > o.owner)"
    " FROM owners o WHERE o.owner IS NOT NULL)"
    " SELECT owner FROM owners o WHERE owner IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM work.flow f WHERE f.owner = o.owner AND NOT f.released)"
)


@dataclass(frozen=True)
class Holder:
    """The flow that owns a key. `leaving`: it copies nothing more, and will let go."""

    data_flow_id: str
    leaving: bool


class Claims:
    """The table `work.claim`. Keys are given by their digests (`KeySpace.digest`)."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        """Reads and writes through the pool."""
        self._pool = pool

    async def take(
        self, data_flow_id: str, places: Sequence[str]
    ) -> Mapping[str, Holder]:
        """Own them all, but for those that other flows own: these are told.

        Safe to call again: what the flow owns already is its own. Raises
        `plane.conflict` where it is over, or others keep coming in between.
        """
        wanted = list(dict.fromkeys(places))
        for _ in range(_ROUNDS):
            if await self._added(data_flow_id, wanted) == len(wanted):
                return {}
            owners = await self._owners(wanted)
            if len(owners) == len(wanted) and None not in owners.values():
                holders = ((k, h) for k, h in owners.items() if h is not None)
                return {k: h for k, h in holders if h.data_flow_id != data_flow_id}
            await self._clear([k for k, holder in owners.items() if holder is None])
        raise DataPlaneError(
            "who owns the keys changes too fast", code="plane.conflict"
        )

    async def _added(self, data_flow_id: str, places: Sequence[str]) -> int:
        values = {"flow": data_flow_id, "places": _array(places)}
        return await self._lazily(_TAKE, values)

    async def _owners(self, places: Sequence[str]) -> dict[str, Holder | None]:
        """Whose each of those is that somebody has; None: nobody's any more."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(_OWNERS, {"places": _array(places)})
            return {
                place.hex: Holder(flow, bool(leaving)) if flow else None
                async for place, flow, leaving in rows
            }

    async def _clear(self, places: Sequence[str]) -> None:
        if places:
            await self._lazily(_CLEAR, {"places": _array(places)})

    async def opened(self, data_flow_id: str) -> bool:
        """Whether the flow, whose plan was approved, owns all that it needs."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(_OPENED, (data_flow_id,))
            return await rows.fetchone() is not None

    async def open(self, data_flow_id: str) -> None:
        """It owns all that it needs: its plan is begun."""
        async with self._pool.connection() as connection:
            await connection.execute(_OPEN, (data_flow_id,))

    async def release(self, data_flow_id: str) -> None:
        """All that the flow owns is free, at once. It owns nothing ever after."""
        async with self._pool.connection() as connection:
            await connection.execute(_RELEASE, (data_flow_id,))

    async def release_done(self, data_flow_id: str, segments: int) -> bool:
        """Of a flow without an end: free what it owns, if nothing of it is unfinished.

        `segments` are all that it has ever planned. Only for who plans the flow,
        between two pages. Returns whether it owns nothing now.
        """
        values = {"flow": data_flow_id, "segments": segments}
        async with self._pool.connection() as connection:
            await connection.execute(_RELEASE_DONE, values)
            owned = await connection.execute(
                "SELECT FROM work.claim JOIN work.flow USING (owner)"
                " WHERE data_flow_id = %s LIMIT 1",
                (data_flow_id,),
            )
            return await owned.fetchone() is None

    async def forget(self, owner: int) -> None:
        """Delete the claims of a flow that is over: void, they only take room."""
        deleted = _FORGOTTEN_AT_ONCE
        while deleted == _FORGOTTEN_AT_ONCE:
            values = {"owner": owner, "most": _FORGOTTEN_AT_ONCE}
            deleted = await self._lazily(_FORGET, values)

    async def sweep(self) -> None:
        """Delete what a crash has left of flows that are over."""
        async with self._pool.connection() as connection:
            owners = [row[0] async for row in await connection.execute(_VOID)]
        for owner in owners:
            await self.forget(owner)

    async def _lazily(self, statement: LiteralString, values: Mapping[str, Any]) -> int:
        """How many rows it has changed."""
        async with self._pool.connection() as connection:
            async with connection.pipeline(), connection.transaction():
                await connection.execute(_LAZILY)
                changed = await connection.execute(statement, values)
            return changed.rowcount


def _array(places: Sequence[str]) -> str:
    """As Postgres reads an array: cheaper than an object for each."""
    return "{" + ",".join(places) + "}"
