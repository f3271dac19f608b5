"""Reads log and seals for whoever checks them: in chunks, quickly, decoding nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, LiteralString, NamedTuple

import pydantic_core
from psycopg import Connection
from psycopg.sql import SQL, Literal

from domain.notary.key_chain import SignedKey
from domain.notary.seals import Seal

# Longer than any setting lets an event wait; then its seal was removed, or the notary
# does not run: nobody vouches for it either way.
OVERDUE = timedelta(minutes=5)

# Each chunk has a snapshot of its own: a long one would keep the vacuum away.
_SEALS_AT_ONCE = 20

# What is hashed is what is sent: these columns in this order, see domain.notary.
_COPY: Final[LiteralString] = (
    "COPY (SELECT notification_id, originator_id, originator_version, topic, state"
    " FROM waybill_events WHERE notification_id > {} AND notification_id <= {}"
    " ORDER BY notification_id LIMIT {}) TO STDOUT (FORMAT BINARY)"
)
_HEADER = 19
_TRAILER = b"\xff\xff"
# Behind the number of fields and the length of a position.
_POSITION = slice(6, 14)
_SEALS: Final[LiteralString] = (
    "SELECT number, statement, signature, entries FROM notary.seal"
    " WHERE number > %s AND number <= %s ORDER BY number LIMIT %s"
)


def log_entries(connection: Connection, after: int, last: int, most: int) -> bytes:
    """The entries of the log's events behind one position, up to another."""
    found: list[bytes] = []
    query = SQL(_COPY).format(Literal(after), Literal(last), Literal(most))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for message in copy:
            row = bytes(message)
            if row.startswith(b"PGCOPY\n"):
                row = row[_HEADER:]
            if len(row) > len(_TRAILER):
                found += row[_POSITION], sha256(memoryview(row)[14:]).digest()
    return b"".join(found)


def log_head(connection: Connection) -> int:
    """The position of the last event; 0 of an empty log."""
    query = "SELECT coalesce(max(notification_id), 0) FROM waybill_events"
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def last_seal(connection: Connection) -> int:
    """The highest number of a seal; 0 for none."""
    query = "SELECT coalesce(max(number), 0) FROM notary.seal"
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def seal_chunks(connection: Connection, end: int) -> Iterator[list[Seal]]:
    """The seals up to a number, in order, some at once."""
    number = 0
    while True:
        wanted = (number, end, _SEALS_AT_ONCE)
        cursor = connection.execute(_SEALS, wanted, binary=True)
        rows = cursor.fetchall()
        if not rows:
            return
        yield [Seal(*row[1:]) for row in rows]
        number = rows[-1][0]


def signed_keys(connection: Connection) -> list[SignedKey]:
    """All key statements, the first one first."""
    query = "SELECT statement, signature FROM notary.key ORDER BY place"
    return [SignedKey(*row) for row in connection.execute(query, binary=True)]


class Recorded(NamedTuple):
    """Where an event stands, and when it was recorded; None where it does not say."""

    position: int
    at: datetime | None

    def overdue(self, now: datetime, after: timedelta) -> bool:
        """Whether it waits for longer; or claims what it cannot know by itself."""
        return self.at is None or abs(now - self.at) >= after


def recorded_behind(connection: Connection, after: int) -> Recorded | None:
    """The first event behind a position; None where there is none."""
    query = (
        "SELECT notification_id, state FROM waybill_events"
        " WHERE notification_id > %s ORDER BY notification_id LIMIT 1"
    )
    row = connection.execute(query, (after,), binary=True).fetchone()
    return Recorded(row[0], recorded_at(row[1])) if row else None


def recorded_at(state: bytes) -> datetime | None:
    """When an event says that it was recorded; None where it does not."""
    try:
        metadata = pydantic_core.from_json(state)["metadata"]
        return datetime.fromisoformat(metadata["recorded_at"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def unsealed(connection: Connection, after: int) -> int:
    """How many events stand behind a position."""
    query = "SELECT count(*) FROM waybill_events WHERE notification_id > %s"
    row = connection.execute(query, (after,)).fetchone()
    return int(row[0]) if row else 0
