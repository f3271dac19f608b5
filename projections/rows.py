"""Rows of a read model: loaded by key, changed in memory, stored in one statement."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from typing import Any, ClassVar, Protocol, TypeVar

import pydantic_core
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier
from pydantic import JsonValue


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


Row = TypeVar("Row", bound=_Dataclass)

# An index of PostgreSQL takes keys of up to 2,704 bytes.
_LONGEST_KEY = 512

_SELECT = "SELECT {columns} FROM {table} WHERE data_flow_id = ANY(%s)"
_INSERT = (
    "INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s)"
)
_UPSERT = _INSERT + " ON CONFLICT ({key}) DO UPDATE SET {assignments}"
_ADD = _INSERT + " ON CONFLICT DO NOTHING RETURNING data_flow_id"


async def load(
    connection: AsyncConnection, table: str, row: type[Row], flows: Collection[str]
) -> list[Row]:
    """The rows of these data flows, which are named by their keys."""
    columns = SQL(", ").join(map(Identifier, _columns(row)))
    query = SQL(_SELECT).format(columns=columns, table=Identifier(table))
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(query, (list(flows),), prepare=True)
        return await cursor.fetchall()


async def store(
    connection: AsyncConnection, table: str, key: Sequence[str], rows: Collection[Any]
) -> None:
    """Insert the rows, or replace those with the same key."""
    if not rows:
        return
    assignments = [
        SQL("{0} = excluded.{0}").format(Identifier(name))
        for name in _columns(next(iter(rows)))
        if name not in key
    ]
    query = SQL(_UPSERT).format(
        table=Identifier(table),
        key=SQL(", ").join(map(Identifier, key)),
        assignments=SQL(", ").join(assignments),
    )
    await _execute(connection, query, rows)


async def add(
    connection: AsyncConnection, table: str, rows: Collection[Any]
) -> list[str]:
    """Insert the rows that are not there; returns the data flows of those inserted."""
    if not rows:
        return []
    query = SQL(_ADD).format(table=Identifier(table))
    return [row[0] for row in await _execute(connection, query, rows)]


def storable(text: str) -> str:
    """The text without NUL characters: JSON may hold them, PostgreSQL may not."""
    return text.replace("\x00", "\ufffd")


# The same few ids come again and again: once or more for every event.
@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """An id as it stands in rows: short enough for an index, whatever was sent to us.

    Else one message with an id of some kilobytes would stop every read model for ever.
    """
    if len(text) > _LONGEST_KEY:
        digest = blake2b(text.encode(), digest_size=16).hexdigest()
        text = f"{text[: _LONGEST_KEY - len(digest)]}{digest}"
    return storable(text)


async def _execute(
    connection: AsyncConnection, query: Composed, rows: Collection[Any]
) -> list[Any]:
    document = pydantic_core.to_json(list(rows))
    if b"\\u0000" in document:
        document = pydantic_core.to_json(_storable(pydantic_core.from_json(document)))
    cursor = await connection.execute(query, (document.decode(),), prepare=True)
    return await cursor.fetchall() if cursor.description else []


def _storable(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): _storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    return value


def _columns(row: _Dataclass | type[_Dataclass]) -> Iterable[str]:
    return [field.name for field in fields(row)]
