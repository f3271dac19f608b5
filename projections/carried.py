"""Rows of archived flows: no longer made from the log, kept by rebuilds."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from psycopg import AsyncConnection, ProgrammingError
from psycopg.sql import SQL, Composable, Identifier

from eventlog.follower import Follower
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


async def archived_flows(connection: AsyncConnection, model: ReadModel) -> list[str]:
    """Their ids as of now; none where the archive takes nothing from the model."""
    if not is_carried(model):
        return []
    return [row[0] async for row in await connection.execute(_FLOWS)]


async def follow_live(connection: AsyncConnection, live: Follower) -> None:
    """Let the live one catch up, in the transaction that holds it.

    One that is behind lacks events of archived flows that the rebuilt one has applied,
    and nobody would apply them later. One without its tables, or with those of another
    version, is left as it is.
    """
    with suppress(ProgrammingError):
        async with connection.transaction():
            await live.catch_up_in(connection)


async def carry_over(
    connection: AsyncConnection, model: ReadModel, flows: Sequence[str]
) -> None:
    """Put the live rows of archived flows in place of what the log makes of them.

    In the transaction that holds the live one, which has caught up. Tables that are
    not of flows (of endpoints) are made of events that are never archived.
    """
    for table in model.tables if flows else ():
        columns = await columns_of_both(connection, table)
        if "data_flow_id" not in columns:
            continue
        names = SQL(", ").join(map(Identifier, columns))
        live, rebuilt = Identifier(LIVE, table), Identifier(REBUILD, table)
        drop = SQL("DELETE FROM {} WHERE data_flow_id = ANY(%s)").format(rebuilt)
        keep = SQL(
            "INSERT INTO {0} ({1}) SELECT {1} FROM {2} WHERE data_flow_id = ANY(%s)"
            " ON CONFLICT DO NOTHING"
        )
        if not model.only_adds:
            await connection.execute(drop, (flows,))
        await connection.execute(keep.format(rebuilt, names, live), (flows,))


def not_archived(model: ReadModel, columns: list[str]) -> Composable:
    """A condition: the row, of either side, can be made from the log."""
    if not is_carried(model) or "data_flow_id" not in columns:
        return SQL("true")
    return SQL("coalesce(live.data_flow_id, log.data_flow_id) NOT IN ({flows})").format(
        flows=_FLOWS
    )
