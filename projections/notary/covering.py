"""Whether seals vouch for what is to be exported: else our key would, for anything."""

from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg import AsyncConnection

from domain.notary.statements import SealStatement
from projections.notary import rows
from projections.notary.head import SealsChangedError
from projections.notary.reading import OVERDUE, Recorded, recorded_at
from projections.notary.sealing import NAME

_POSITION = "SELECT position FROM notary.positions WHERE name = %s"
_STATE = "SELECT state FROM waybill_events WHERE notification_id = %s"


async def sealed_up_to(connection: AsyncConnection) -> int:
    """How far the notary is, as the database says: a position."""
    found = await (await connection.execute(_POSITION, (NAME,))).fetchone()
    return int(found[0]) if found else 0


async def covered(
    connection: AsyncConnection, span: range, positions: Sequence[int], known: int
) -> None:
    """Check that only what is new is without a seal.

    `span` are the numbers of the seals that are exported, `positions` those of the
    events, `known` up to where something was sealed, by the word of the notary or the
    witness. Raises SealsChangedError for an event at or before it that is in no seal,
    and for one that should be in one by now.
    """
    after, last = await _bounds(connection, span)
    first = next((each for each in positions if not after < each <= last), None)
    if first is None:
        return
    if first > known:
        row = await (await connection.execute(_STATE, (first,))).fetchone()
        event = Recorded(first, recorded_at(bytes(row[0])) if row else None)
        if not event.overdue(datetime.now(UTC), OVERDUE):
            return
    raise SealsChangedError(f"no seal vouches for the event at position {first}")


async def _bounds(connection: AsyncConnection, span: range) -> tuple[int, int]:
    """The positions behind which the seals begin, and that they reach to."""
    if not span:
        return 0, 0
    ends = [await rows.seals(connection, each, 1) for each in (span[0], span[-1])]
    said = [SealStatement.read(each[0].statement) if each else None for each in ends]
    first, last = said
    return (first.after, last.last) if first and last else (0, 0)
