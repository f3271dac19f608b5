"""Which events may be missing from the log: those of archived flows.

The database's own note says which records to look at. These are signed with the
notary's key: whoever can write to the database, and no more, excuses no deletion. One
that is signed with a key from before the trusted ones counts where it stands in the log
before that key was replaced: the seals hold it there, and nobody can put it there now.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import pydantic_core
from psycopg import AsyncConnection, Connection
from pydantic import ValidationError

from domain.archive import FlowArchived
from domain.notary.key_chain import KeyChain
from domain.notary.statements import SealStatement, digest_of
from projections.notary import reading
from projections.notary.keys import verify_with

_RECORDS: Final = (
    "SELECT event_position, state FROM archive.flow JOIN waybill_events"
    " ON notification_id = event_position WHERE topic = %s"
)
_SEALS: Final = "SELECT statement FROM notary.seal WHERE number = ANY(%s)"


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
        if self._runs is None or position not in self._runs:
            # Once more: flows are archived while we read, with new keys even.
            self._runs = self._read()
        return position in self._runs

    def _read(self) -> Runs:
        keys = KeyChain.of(reading.signed_keys(self._connection), verify_with)
        if keys.continues(self._keys):
            self._keys = replace(keys, first=self._keys.first)
        rows = self._connection.execute(_RECORDS, (FlowArchived.TOPIC,))
        records = [(int(row[0]), bytes(row[1])) for row in rows]
        return Runs(_vouched(records, self._keys, self._ends()))

    def _ends(self) -> dict[str, int]:
        """How far the log was sealed when each key of before was replaced."""
        ended = self._keys.ended()
        numbers = [after.from_seal - 1 for after in ended.values()]
        rows = self._connection.execute(_SEALS, (numbers,)).fetchall() if ended else ()
        lasts: dict[str, int] = {}
        for (text,) in rows:
            if said := SealStatement.read(bytes(text)):
                lasts[digest_of(bytes(text))] = said.last
        return {key: lasts.get(after.previous, 0) for key, after in ended.items()}


async def archived_runs(connection: AsyncConnection, keys: KeyChain) -> Runs:
    """The positions of all archived events."""
    rows = await connection.execute(_RECORDS, (FlowArchived.TOPIC,))
    records = [(int(row[0]), bytes(row[1])) async for row in rows]
    return Runs(_vouched(records, keys, {}))


def _vouched(
    records: Iterable[tuple[int, bytes]], keys: KeyChain, ends: Mapping[str, int]
) -> Iterable[tuple[int, int]]:
    for position, state in records:
        try:
            fields = pydantic_core.from_json(state)["event"]
            event = FlowArchived.model_validate(fields)
            said, signature = event.statement(), bytes.fromhex(event.signature)
        except (ValueError, KeyError, ValidationError):
            continue
        held = position <= ends.get(said.key, 0)
        believed = replace(keys, first=0) if held else keys
        if believed.signed(said.key, signature, said.to_bytes(), verify_with):
            for run in filter(None, said.removed.split(",")):
                first, _, last = run.partition("-")
                yield int(first), int(last or first)
