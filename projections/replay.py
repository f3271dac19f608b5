"""Replays the log into tables beside the live ones, and names each row that differs.

The live tables are read and followed all the time: the follower of a read model stands
still only while the last events are applied beside it. Both are then compared as they
were at that moment, by the database, so that only what differs is ever sent.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from projections.bulk import Bulk
from projections.carried import columns_of_both, not_archived
from projections.catalogue import READ_MODELS
from projections.pool import make_pool
from projections.positions import positions
from projections.read_model import LIVE, REBUILD, ReadModel
from projections.rebuild import beside_live, hold_live
from projections.replay_views import Compared, Difference

_KEY: Final = """
    SELECT a.attname FROM pg_index AS i
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    WHERE i.indrelid = %s::regclass AND i.indisprimary
    ORDER BY array_position(i.indkey::int2[], a.attnum)
"""
# Without regard to the order of columns, which a live table may have otherwise.
_DIFFERENT: Final = SQL("""
    SELECT to_jsonb(live), to_jsonb(log) FROM {live} AS live
    FULL JOIN {log} AS log ON {same_key}
    WHERE to_jsonb(live) IS DISTINCT FROM to_jsonb(log) AND {possible}
""")
_ROWS: Final = SQL("SELECT count(*) FROM {}")


async def replay(
    database_url: str, names: Sequence[str]
) -> AsyncGenerator[Compared | Difference]:
    """Each row that differs, and after those of a table how it compared."""
    models = [READ_MODELS[name] for name in names]
    async with (
        make_pool(database_url, 4) as pool,
        pool.connection() as guard,
        beside_live(guard, models),
    ):
        live = await positions(guard)
        first = min(live[model.name] for model in models)
        await Bulk(pool, models, REBUILD).build(up_to=first)
        for model in models:
            async with pool.connection() as snapshot, snapshot.transaction():
                at = await _meet(pool, guard, model, snapshot, first)
                for table in model.tables:
                    async for found in _compared(snapshot, model, table, at):
                        yield found


async def _meet(
    pool: AsyncConnectionPool,
    guard: AsyncConnection,
    model: ReadModel,
    snapshot: AsyncConnection,
    first: int,
) -> int:
    """Come to where the live one is, and let the snapshot see both there."""
    await snapshot.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    bulk, at = Bulk(pool, [model], REBUILD), first
    # Most of the way while it goes on, so that it stands still for little.
    at = await bulk.build(at, (await positions(guard))[model.name])
    async with guard.transaction():
        held = await hold_live(guard, model)
        await bulk.build(at, held)
        await snapshot.execute("SELECT 1")
    return held


async def _compared(
    snapshot: AsyncConnection, model: ReadModel, table: str, position: int
) -> AsyncGenerator[Compared | Difference]:
    live, log = Identifier(LIVE, table), Identifier(REBUILD, table)
    named = live.as_string(snapshot)
    keys = [row[0] async for row in await snapshot.execute(_KEY, (named,))]
    same_key = SQL(" AND ").join(
        SQL("live.{0} = log.{0}").format(Identifier(each)) for each in keys
    )
    possible = not_archived(model, await columns_of_both(snapshot, table))
    query = _DIFFERENT.format(live=live, log=log, same_key=same_key, possible=possible)
    different = 0
    async with snapshot.cursor(name="different") as cursor:
        await cursor.execute(query)
        async for found, wanted in cursor:
            different += 1
            yield _difference(table, keys, found, wanted)
    row = await (await snapshot.execute(_ROWS.format(log))).fetchone()
    yield Compared(
        read_model=model.name,
        table=table,
        position=position,
        rows=row[0] if row else 0,
        different=different,
    )


def _difference(
    table: str,
    keys: Sequence[str],
    live: dict[str, Any] | None,
    log: dict[str, Any] | None,
) -> Difference:
    known = log or live or {}
    columns: list[str] = []
    if live is not None and log is not None:
        every = [*log, *(name for name in live if name not in log)]
        columns = [name for name in every if live.get(name) != log.get(name)]
    return Difference(
        table=table,
        key={name: known[name] for name in keys},
        columns=tuple(columns),
        live=live
        if not columns
        else {name: (live or {}).get(name) for name in columns},
        log=log if not columns else {name: (log or {}).get(name) for name in columns},
    )
