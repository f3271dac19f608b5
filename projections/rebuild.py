"""Makes a read model again from the whole log, beside the live one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from domain.errors import VersionConflictError
from projections.bulk import Bulk
from projections.carried import archived_flows, carry_over, follow_live
from projections.catalogue import READ_MODELS
from projections.pool import make_pool
from projections.read_model import LIVE, REBUILD, ReadModel, create_schema

_LOCK_KEY = 0x7761_7962_7262
# Below the second after which PostgreSQL looks for deadlocks: we give way, not readers.
_LOCK_TIMEOUT: Final = "400ms"
_ATTEMPTS, _APART_SECONDS = 300, 0.4

_HOLD_LIVE = """
    INSERT INTO read_model.positions AS p VALUES (%s, 0)
    ON CONFLICT (name) DO UPDATE SET position = p.position RETURNING position
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
    """Build all of these beside the live ones, then put each in its place.

    The live ones are followed and read all the time; each stands still only while the
    last events are applied to its new one. One rebuild at a time; killed at any moment,
    it leaves the live ones as they were or replaced, and the next rebuild begins anew.
    """
    models = [READ_MODELS[name] for name in names]
    async with (
        make_pool(database_url, 3) as pool,
        pool.connection() as guard,
        beside_live(guard, models),
    ):
        await Bulk(pool, models, REBUILD).build()
        for model in models:
            await _switch(pool, guard, model)


@asynccontextmanager
async def beside_live(
    guard: AsyncConnection, models: Sequence[ReadModel]
) -> AsyncGenerator[None]:
    """Empty tables of these models in a schema of their own, for one at a time.

    The schema is gone at the end; after a failure, when the next one begins.
    """
    await guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
    try:
        await _start_anew(guard, models, REBUILD)
        yield
        await guard.execute("DROP SCHEMA IF EXISTS read_model_rebuild CASCADE")
    finally:
        if not guard.closed:
            await guard.execute("SELECT pg_advisory_unlock(%s)", (_LOCK_KEY,))


async def hold_live(guard: AsyncConnection, model: ReadModel) -> int:
    """Let the live follower wait, to the end of the transaction; where it stands.

    It moves its position before it writes.
    """
    row = await (await guard.execute(_HOLD_LIVE, (model.name,))).fetchone()
    return int(row[0]) if row else 0


async def _start_anew(
    guard: AsyncConnection, models: Sequence[ReadModel], schema: str
) -> None:
    for each in (LIVE, schema):
        async with guard.transaction():
            await create_schema(guard, each)
    forget = SQL("DELETE FROM {}.positions WHERE name = %s").format(Identifier(schema))
    for model in models:
        async with guard.transaction():
            await model.create(guard, schema)
            await guard.execute(forget, (model.name,))


async def _switch(
    pool: AsyncConnectionPool, guard: AsyncConnection, model: ReadModel
) -> None:
    follower = model.follower(pool, REBUILD)
    for _ in range(_ATTEMPTS):
        await follower.catch_up()
        try:
            async with guard.transaction():
                await hold_live(guard, model)
                await follower.catch_up()
                # Those whose events the rebuilt one may have missed. By then the live
                # one is where it is, or after it: what comes is of none of them.
                flows = await archived_flows(guard, model)
                if flows:
                    await follow_live(guard, model.follower(pool, LIVE))
                await carry_over(guard, model, flows)
                await _replace_live(guard, model.tables)
                # Had the live one read a page by now, it finds another position than
                # it expects, drops that page, and begins again from here.
                await guard.execute(_MOVE_POSITION, {"name": model.name})
        except LockNotAvailable:
            # Somebody reads for long, and whoever comes after waits behind us.
            await asyncio.sleep(_APART_SECONDS)
        else:
            return
    raise VersionConflictError(f"{model.name} is being read all the time")


async def _replace_live(guard: AsyncConnection, tables: Sequence[str]) -> None:
    await guard.execute("SELECT set_config('lock_timeout', %s, true)", (_LOCK_TIMEOUT,))
    move = SQL("ALTER TABLE {} SET SCHEMA {}")
    for table in tables:
        live, rebuilt = Identifier(LIVE, table), Identifier(REBUILD, table)
        # Readers keep what they have begun, and the next ones find the new table.
        await guard.execute(SQL("DROP TABLE IF EXISTS {}").format(live))
        await guard.execute(move.format(rebuilt, Identifier(LIVE)))
