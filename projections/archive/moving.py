"""Moves a finished flow's events to the archive: proven there first, then deleted."""

import asyncio
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, LiteralString

from psycopg import AsyncConnection
from uuid_utils.compat import uuid7

from domain import names
from domain.archive import ArchiveStatement, FlowArchived
from domain.errors import ArchiveError, IllegalTransitionError
from domain.message import Cause
from domain.notary.export import ExportCheck
from domain.notary.statements import positions_of, positions_text
from eventlog import Append, EventLog
from projections import positions
from projections.archive.keys import FlowKeys
from projections.archive.reading import archivable, events_in
from projections.archive.store import Store
from projections.history_lines import Stored
from projections.notary.exporting import export
from projections.notary.keys import Signer, verify_with
from projections.rows import key
from projections.settings import Settings

# What the copying was; the flow's own events, its callbacks, and what was seen of
# endpoints stay.
_MOVED: Final = ("transfer.", "segment.", "reception.", "delivery.")
_STAYS: Final = frozenset({"segment.paced.v1"})
_SECONDS, _POLL_SECONDS = 10.0, 0.05

_STATE: Final[LiteralString] = (
    "SELECT state FROM read_model.flow_status WHERE data_flow_id = %s"
)
_UNDONE: Final[LiteralString] = """
    SELECT 'a callback is still owed' FROM read_model.outbox
    WHERE data_flow_id = %(flow)s AND state = 'pending'
    UNION ALL SELECT 'a multipart upload is still open' FROM read_model.multipart_ledger
    WHERE data_flow_id = %(flow)s AND state = 'open'
    UNION ALL SELECT 'the dispatcher is not done with it' FROM work.flow
    WHERE data_flow_id = %(flow)s
"""
# Those of the processes that move data.
_OTHERS: Final[LiteralString] = "SELECT name, position FROM work.positions"
_NOTE: Final[LiteralString] = "INSERT INTO archive.flow VALUES (%s, %s, %s, %s)"
_DELETE: Final[LiteralString] = (
    "DELETE FROM waybill_events WHERE notification_id = ANY(%s)"
)


@dataclass(frozen=True)
class Archiving:
    """What it takes."""

    log: EventLog
    settings: Settings

    async def archive(self, data_flow_id: str) -> FlowArchived:
        """Move the flow's events; safe to repeat, also after a kill at any moment.

        Raises IllegalTransitionError for a flow that is not over, or not sealed to its
        end, and ArchiveError where the archive cannot be written or read.
        """
        if not archivable(data_flow_id):
            raise IllegalTransitionError("an id with a NUL cannot be archived")
        stream = names.archive_stream(data_flow_id)
        earlier = await self.log.load(stream)
        if earlier and isinstance(earlier[0].event, FlowArchived):
            archived, position = earlier[0].event, earlier[0].position
        else:
            archived = await self._written(data_flow_id)
            appended = Append(stream, 0, (archived,))
            position = await self.log.append(cause_of(data_flow_id), appended)
        async with self.log.pool.connection() as connection:
            await _remove(connection, archived, position)
        return archived

    async def _is_over(self, data_flow_id: str, last: int) -> None:
        async with self.log.pool.connection() as connection:
            await _follow(connection, last)
            name = key(data_flow_id)
            row = await (await connection.execute(_STATE, (name,))).fetchone()
            if row is None or row[0] not in {"COMPLETED", "TERMINATED"}:
                raise IllegalTransitionError("the flow is not over")
            undone = await connection.execute(_UNDONE, {"flow": name})
            if row := await undone.fetchone():
                raise IllegalTransitionError(str(row[0]))

    async def _written(self, data_flow_id: str) -> FlowArchived:
        exported = export(
            self.log.pool, Signer.of(self.settings.notary_key_file), data_flow_id
        )
        lines = [each async for each in exported]
        events = _proven(lines)
        await self._is_over(data_flow_id, events[-1].position)
        async with self.log.pool.connection() as connection:
            keys = FlowKeys(self.settings.archive_key_file)
            flow_key = await keys.make(connection, data_flow_id)
        store = Store.of(self.settings)
        place = store.place(f"{names.flow_token(data_flow_id)}/{uuid7()}.waybill")
        plain = b"".join(lines)
        sealed = flow_key.seal(zlib.compress(plain))
        await store.put(place, sealed)
        # What is stored, and not what we have: only then may anything be deleted.
        if zlib.decompress(flow_key.open(await store.get(place))) != plain:
            raise ArchiveError(f"{place} is not what was written")
        signer = Signer.of(self.settings.notary_key_file)
        said = ArchiveStatement(
            key=signer.key_id,
            at=datetime.now(UTC),
            data_flow_id=data_flow_id,
            place=place,
            digest=sha256(sealed).hexdigest(),
            removed=positions_text(each.position for each in events if _goes(each)),
        )
        signature = signer.sign(said.to_bytes()).value
        size_bytes, count = len(sealed), len(events)
        return FlowArchived.of(said, signature, size_bytes=size_bytes, events=count)


def cause_of(data_flow_id: str) -> Cause:
    """An operator did it, now."""
    return Cause(
        causation_id=str(uuid7()),
        correlation_id=data_flow_id,
        actor="operator",
        occurred_at=datetime.now(UTC),
    )


async def _follow(connection: AsyncConnection, position: int) -> None:
    """Wait until whoever follows the log has come as far: it could not later."""
    deadline = time.monotonic() + _SECONDS
    while True:
        at = await positions.positions(connection)
        cursor = await connection.execute(_OTHERS)
        at |= {row[0]: row[1] for row in await cursor.fetchall()}
        behind = [name for name in at if at[name] < position]
        if not behind:
            return
        if time.monotonic() > deadline:
            raise IllegalTransitionError(f"{behind[0]} is behind the log")
        await asyncio.sleep(_POLL_SECONDS)


def _proven(lines: Sequence[bytes]) -> list[Stored]:
    check = ExportCheck(verify_with)
    for line in lines:
        check.line(line)
    verdict = check.verdict()
    if verdict.finding:
        raise IllegalTransitionError(f"not as it was sealed: {verdict.finding}")
    if verdict.unsealed:
        raise IllegalTransitionError(f"{verdict.unsealed} events are not sealed yet")
    return events_in(lines)


def _goes(event: Stored) -> bool:
    return event.topic.startswith(_MOVED) and event.topic not in _STAYS


async def _remove(
    connection: AsyncConnection, archived: FlowArchived, position: int
) -> None:
    """Delete what is in the archive, and note it: both, or nothing."""
    note = (archived.data_flow_id, archived.place, archived.digest, position)
    gone = positions_of(archived.removed)
    async with connection.transaction():
        known = await connection.execute(
            "SELECT FROM archive.flow WHERE data_flow_id = %s",
            (archived.data_flow_id,),
        )
        if await known.fetchone() is not None:
            return
        await connection.execute(_NOTE, note)
        deleted = await connection.execute(_DELETE, (gone,))
        if deleted.rowcount != len(gone):
            raise IllegalTransitionError("the log does not hold what is archived")
