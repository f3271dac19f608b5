"""The rows of the schema `notary`."""

from collections.abc import Sequence
from typing import Final, LiteralString, NamedTuple

from psycopg import AsyncConnection

from domain.notary.key_chain import SignedKey
from domain.notary.seals import Seal
from domain.notary.signing import Signature
from domain.notary.statements import KeyStatement, SealStatement

_SEAL: Final[LiteralString] = "SELECT statement, signature, entries FROM notary.seal"
_HEAD: Final[LiteralString] = f"{_SEAL} ORDER BY number DESC LIMIT 1"
_STORE: Final[LiteralString] = (
    "INSERT INTO notary.seal (number, last, statement, signature, entries)"
    " VALUES (%b, %b, %b, %b, %b) ON CONFLICT (number) DO UPDATE"
    " SET last = excluded.last, statement = excluded.statement,"
    " signature = excluded.signature, entries = excluded.entries"
)
_KEYS: Final[LiteralString] = "SELECT statement, signature FROM notary.key"
_STORE_KEY: Final[LiteralString] = (
    "INSERT INTO notary.key (key_id, statement, signature) VALUES (%s, %s, %s)"
)
_TOLD: Final[LiteralString] = "SELECT number, count FROM notary.told WHERE what = %s"
_STORE_TOLD: Final[LiteralString] = (
    "INSERT INTO notary.told VALUES (%s, %s, %s) ON CONFLICT (what) DO UPDATE"
    " SET number = excluded.number, count = excluded.count"
)

_BEHIND: Final[LiteralString] = """
    SELECT
        coalesce((SELECT max(notification_id) FROM waybill_events), 0)
        - coalesce((SELECT max(last) FROM notary.seal), 0),
        coalesce((SELECT max(number) FROM notary.seal), 0)
        - coalesce((SELECT number FROM notary.told WHERE what = 'seal'), 0)
"""


class ToldUpTo(NamedTuple):
    """How far the witness knows: a number, and so many of what stands there."""

    number: int
    size: int


class Behind(NamedTuple):
    """What is still to do: positions without a seal, seals not told the witness."""

    positions: int
    seals: int


async def behind(connection: AsyncConnection) -> Behind:
    """How far the notary is behind the log; positions have holes."""
    found = await (await connection.execute(_BEHIND)).fetchone()
    return Behind(*found) if found else Behind(0, 0)


async def head(connection: AsyncConnection) -> Seal | None:
    """The last seal."""
    found = await (await connection.execute(_HEAD, binary=True)).fetchone()
    return Seal(*found) if found else None


async def last_number(connection: AsyncConnection) -> int:
    """The highest number of a seal; 0 for none."""
    query = "SELECT coalesce(max(number), 0) FROM notary.seal"
    found = await (await connection.execute(query)).fetchone()
    return int(found[0]) if found else 0


async def seals(connection: AsyncConnection, number: int, most: int) -> list[Seal]:
    """Seals from a number on, in order."""
    cursor = await connection.execute(
        f"{_SEAL} WHERE number >= %s ORDER BY number LIMIT %s",
        (number, most),
        binary=True,
    )
    return [Seal(*row) for row in await cursor.fetchall()]


async def covering(connection: AsyncConnection, position: int) -> int | None:
    """The number of the seal that an event at this position is in."""
    cursor = await connection.execute(
        "SELECT number FROM notary.seal WHERE last >= %s ORDER BY last LIMIT 1",
        (position,),
    )
    found = await cursor.fetchone()
    return int(found[0]) if found else None


async def there(connection: AsyncConnection, positions: Sequence[int]) -> set[int]:
    """Which of these positions the log still holds events at."""
    cursor = await connection.execute(
        "SELECT notification_id FROM waybill_events WHERE notification_id = ANY(%s)",
        (list(positions),),
        prepare=True,
    )
    return {row[0] for row in await cursor.fetchall()}


async def store(
    connection: AsyncConnection, statement: SealStatement, seal: Seal
) -> None:
    """Put a seal into its place; in place of one of fewer events."""
    values = (statement.number, statement.last)
    await connection.execute(
        _STORE, (*values, seal.statement, seal.signature, seal.entries), prepare=True
    )


async def keys(connection: AsyncConnection) -> list[SignedKey]:
    """All key statements, the first one first."""
    cursor = await connection.execute(f"{_KEYS} ORDER BY place")
    return [SignedKey(*map(bytes, row)) for row in await cursor.fetchall()]


async def last_key(connection: AsyncConnection) -> KeyStatement | None:
    """The key in use; None before the first."""
    cursor = await connection.execute(f"{_KEYS} ORDER BY place DESC LIMIT 1")
    found = await cursor.fetchone()
    return KeyStatement.read(bytes(found[0])) if found else None


async def store_key(
    connection: AsyncConnection, statement: KeyStatement, signature: Signature
) -> None:
    """Add a key behind the others; `signature` is its `introduction`."""
    values = (statement.new_key, statement.to_bytes(), signature.value)
    await connection.execute(_STORE_KEY, values)


async def told(connection: AsyncConnection, what: str) -> ToldUpTo:
    """How much the witness knows of `seal` or `key`."""
    found = await (await connection.execute(_TOLD, (what,))).fetchone()
    return ToldUpTo(*found) if found else ToldUpTo(0, 0)


async def store_told(connection: AsyncConnection, what: str, upto: ToldUpTo) -> None:
    """Remember that it knows so much."""
    await connection.execute(_STORE_TOLD, (what, *upto))
