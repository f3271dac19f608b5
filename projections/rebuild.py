"""Makes a read model again from the whole log, beside the live one."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from projections.catalogue import READ_MODELS
from projections.pool import make_pool
from projections.read_model import LIVE, REBUILD, ReadModel, create_schema

_LOCK_KEY = 0x7761_7962_7262

_HOLD_LIVE = """
    INSERT INTO read_model.positions AS p VALUES (%s, 0)
    ON CONFLICT (name) DO UPDATE SET position = p.position
"""
_MOVE_POSITION = """
    WITH rebuilt AS (
        DELETE FROM read_model_rebuild.positions WHERE name = %(name)s
        RETURNING position
    )
    UPDATE read_model.positions
    SET position = coalesce((SELECT position FROM rebuilt), 0)
    WHERE name = %(name)s
"""


async def rebuild(database_url: str, names: Sequence[str]) -> None:
    """Build each of these beside the live one, then put it in its place.

    The live one is followed and read all the time; it stands still only while the last
    events are applied to the new one. One rebuild at a time; killed at any moment, it
    leaves the live one as it was, and the next rebuild begins anew.
    """
    async with make_pool(database_url, 2) as pool, pool.connection() as guard:
        await guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
        try:
            for name in names:
                await _rebuild(pool, guard, READ_MODELS[name])
            await guard.execute("DROP SCHEMA IF EXISTS read_model_rebuild CASCADE")
        finally:
            if not guard.closed:
                await guard.execute("SELECT pg_advisory_unlock(%s)", (_LOCK_KEY,))


async def _rebuild(
    pool: AsyncConnectionPool, guard: AsyncConnection, model: ReadModel
) -> None:
    follower = model.follower(pool, REBUILD)
    await _start_anew(guard, model)
    await follower.catch_up()
    async with guard.transaction():
        # The live follower moves its position before it writes: now it waits for us.
        await guard.execute(_HOLD_LIVE, (model.name,))
        await follower.catch_up()
        for table in model.tables:
            await _replace_live(guard, table)
        # Had the live one read a page by now, it finds another position than it
        # expects, drops that page, and begins again from here.
        await guard.execute(_MOVE_POSITION, {"name": model.name})


async def _start_anew(guard: AsyncConnection, model: ReadModel) -> None:
    for schema in (LIVE, REBUILD):
        async with guard.transaction():
            await create_schema(guard, schema)
    async with guard.transaction():
        await model.create(guard, REBUILD)
        await guard.execute(
            "DELETE FROM read_model_rebuild.positions WHERE name = %s", (model.name,)
        )


async def _replace_live(guard: AsyncConnection, table: str) -> None:
    live, rebuilt = Identifier(LIVE, table), Identifier(REBUILD, table)
    await guard.execute(SQL("DROP TABLE IF EXISTS {}").format(live))
    move = SQL("ALTER TABLE {} SET SCHEMA {}")
    await guard.execute(move.format(rebuilt, Identifier(LIVE)))
