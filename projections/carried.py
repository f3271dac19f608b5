"""Rows of archived flows: no longer made from the log, kept by rebuilds."""

from typing import Final

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier

from projections.read_model import LIVE, REBUILD, ReadModel

_MOVED: Final = ("transfer.", "segment.", "reception.", "delivery.")
_FLOWS: Final = SQL("SELECT data_flow_id FROM archive.flow")
# What both have: a later version may have added a column, which then has its default.
_COLUMNS: Final = """
    SELECT a.attname FROM pg_attribute AS a JOIN pg_attribute AS b USING (attname)
    WHERE a.attrelid = to_regclass(%s) AND b.attrelid = to_regclass(%s)
      AND a.attnum > 0 AND b.attnum > 0 AND NOT a.attisdropped AND NOT b.attisdropped
"""


def is_carried(model: ReadModel) -> bool:
    """Whether the archive takes away what some of its rows were made from."""
    return model.topics is None or any(each.startswith(_MOVED) for each in model.topics)


async def columns_of_both(connection: AsyncConnection, table: str) -> list[str]:
    """Those of the live table and of the one beside it; none where one is missing."""
    names = [Identifier(schema, table).as_string(None) for schema in (LIVE, REBUILD)]
    return [row[0] async for row in await connection.execute(_COLUMNS, names)]


async def carry_over(connection: AsyncConnection, model: ReadModel) -> None:
    """Put the live rows of archived flows in place of what the log makes of them.

    In the transaction that holds the live one. Tables that are not of flows (of
    endpoints) are made of events that are never archived.
    """
    for table in model.tables if is_carried(model) else ():
        columns = await columns_of_both(connection, table)
        if "data_flow_id" not in columns:
            continue
        names = SQL(", ").join(map(Identifier, columns))
        live, rebuilt = Identifier(LIVE, table), Identifier(REBUILD, table)
        drop = SQL("DELETE FROM {} WHERE data_flow_id IN ({})").format(rebuilt, _FLOWS)
        keep = SQL(
            "INSERT INTO {0} ({1}) SELECT {1} FROM {2} WHERE data_flow_id IN ({3})"
        )
        await connection.execute(drop)
        await connection.execute(keep.format(rebuilt, names, live, _FLOWS))


def not_archived(model: ReadModel, columns: list[str]) -> Composable:
    """A condition: the row, of either side, can be made from the log."""
    if not is_carried(model) or "data_flow_id" not in columns:
        return SQL("true")
    return SQL("coalesce(live.data_flow_id, log.data_flow_id) NOT IN ({flows})").format(
        flows=_FLOWS
    )
