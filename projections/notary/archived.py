"""Which events may be missing from the log: those of archived flows.

The database's own note says which records to look at. These are signed with the
notary's key: whoever can write to the database, and no more, excuses no deletion.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

import pydantic_core
from psycopg import AsyncConnection, Connection
from pydantic import ValidationError

from domain.archive import FlowArchived
from domain.notary.key_chain import KeyChain
from projections.notary.keys import verify_with

_RECORDS: Final = (
    "SELECT state FROM archive.flow JOIN waybill_events"
    " ON notification_id = event_position WHERE topic = %s"
)


class Runs:
    """Positions, as runs that are sorted."""

    def __init__(self, runs: Iterable[tuple[int, int]]) -> None:
        """First and last of each; both are in it."""
        self._runs = sorted(runs)

    def __contains__(self, position: object) -> bool:
        """Whether it is in one of the runs; these do not overlap."""
        if not isinstance(position, int):
            return False
        place = bisect_right(self._runs, (position, 1 << 63)) - 1
        return place >= 0 and position <= self._runs[place][1]


class Archived:
    """Positions of archived events, looked up when one is missing."""

    def __init__(self, connection: Connection, keys: KeyChain) -> None:
        """Nothing is read yet."""
        self._connection = connection
        self._keys = keys
        self._runs: Runs | None = None

    def __contains__(self, position: object) -> bool:
        """Whether the event at a position is archived."""
        if self._runs is None:
            rows = self._connection.execute(_RECORDS, (FlowArchived.TOPIC,))
            self._runs = Runs(_vouched((bytes(row[0]) for row in rows), self._keys))
        return position in self._runs


async def archived_runs(connection: AsyncConnection, keys: KeyChain) -> Runs:
    """The positions of all archived events."""
    rows = await connection.execute(_RECORDS, (FlowArchived.TOPIC,))
    states = [bytes(row[0]) async for row in rows]
    return Runs(_vouched(states, keys))


def _vouched(states: Iterable[bytes], keys: KeyChain) -> Iterable[tuple[int, int]]:
    for state in states:
        try:
            fields = pydantic_core.from_json(state)["event"]
            event = FlowArchived.model_validate(fields)
            said, signature = event.statement(), bytes.fromhex(event.signature)
        except (ValueError, KeyError, ValidationError):
            continue
        if keys.signed(said.key, signature, said.to_bytes(), verify_with):
            for run in filter(None, said.removed.split(",")):
                first, _, last = run.partition("-")
                yield int(first), int(last or first)
