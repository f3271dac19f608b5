"""The whole database as text, for whoever compares it or searches it."""

from projections.catalogue import READ_MODELS
from tests.scenarios.plane import Plane

_TABLES = """
SELECT table_schema, table_name,
    string_agg(
        CASE WHEN data_type = 'bytea'
            THEN format('encode(%I, ''escape'')', column_name)
            ELSE format('%I::text', column_name)
        END, ', ' ORDER BY ordinal_position
    )
FROM information_schema.columns JOIN information_schema.tables
    USING (table_catalog, table_schema, table_name)
WHERE table_type = 'BASE TABLE'
    AND table_schema NOT IN ('pg_catalog', 'information_schema')
    AND table_schema LIKE '{schema}'
GROUP BY 1, 2 ORDER BY 1, 2
"""

Dump = dict[str, list[tuple[str, ...]]]


async def dump(plane: Plane, schema: str = "%") -> Dump:
    """Every column of every row of every table, in the order of their texts."""
    tables: Dump = {}
    for owner, table, columns in await plane.rows(_TABLES.format(schema=schema)):
        rows = await plane.rows(f'SELECT {columns} FROM "{owner}"."{table}"')  # noqa: S608
        tables[f"{owner}.{table}"] = sorted(tuple(map(str, row)) for row in rows)
    return tables


async def is_caught_up(plane: Plane) -> bool:
    """Whether every read model has applied the whole log."""
    at_the_end = await plane.rows(
        "SELECT name FROM read_model.positions"
        " WHERE position = (SELECT max(notification_id) FROM waybill_events)"
    )
    return {name for (name,) in at_the_end} == READ_MODELS.keys()


async def caught_up(plane: Plane) -> None:
    """Wait for that."""

    async def there() -> bool:
        return await is_caught_up(plane)

    await plane.until("the read models to catch up", there)
