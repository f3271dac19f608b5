"""How much was moved under each agreement, with each counter party, on each day?

The rows are of flows, and summed up by whoever asks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowCreated,
    DataFlowPrepared,
    DataFlowPreparing,
    DataFlowStarted,
    DataFlowStarting,
    DataFlowTerminated,
)
from domain.message import Event, Recorded
from domain.transfer.events import TransferCompleted
from projections import rows
from projections.copied import COPIED
from projections.flow_states import flow_of
from projections.read_model import ReadModel, topics_of

_TABLE, _FLOWS = "transfer_stats", "transfer_stats_flow"
_KEY = ("data_flow_id", "day")
_BEGINNINGS: tuple[type[DataFlowCreated], ...] = (
    *(DataFlowPreparing, DataFlowPrepared),
    *(DataFlowStarting, DataFlowStarted),
)
_ENDS: tuple[type[Event], ...] = (
    *(TransferCompleted, DataFlowCompleted, DataFlowTerminated),
)
_EVENTS: tuple[type[Event], ...] = (*_BEGINNINGS, *COPIED, *_ENDS)
_KINDS = frozenset(_EVENTS)
_LOAD: Final[LiteralString] = """
    SELECT s.* FROM transfer_stats AS s
    JOIN unnest(%s::text[], %s::date[]) AS wanted (flow, day)
        ON s.data_flow_id = wanted.flow AND s.day = wanted.day
"""


@dataclass(frozen=True, slots=True)
class Party:
    """A row of `transfer_stats_flow`: whose a data flow is."""

    data_flow_id: str
    agreement_id: str = ""
    counter_party_id: str = ""


@dataclass(slots=True)
class DayStats:
    """A row of `transfer_stats`: one day (UTC) of one data flow.

    What arrived, when it arrived; `objects_failed` of the flows whose copying ended
    that day; `flows_begun`, `flows_completed`, `flows_terminated` that day.
    """

    data_flow_id: str
    day: date
    agreement_id: str = ""
    counter_party_id: str = ""
    position: int = 0
    size_bytes: int = 0
    objects: int = 0
    objects_failed: int = 0
    flows_begun: int = 0
    flows_completed: int = 0
    flows_terminated: int = 0

    def fold(self, event: Event) -> None:
        """Count one event."""
        copied = COPIED.get(type(event))
        if copied:
            size_bytes, objects = copied(event)
            self.size_bytes += size_bytes
            self.objects += objects
            return
        match event:
            case TransferCompleted(failed_objects=failed):
                self.objects_failed += failed
            case DataFlowCompleted():
                self.flows_completed += 1
            case DataFlowTerminated():
                self.flows_terminated += 1
            case _:
                self.flows_begun += 1


_Row = tuple[str, date]


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Count the page's events on the rows of their days and parties."""
    relevant = [each for each in page if type(each.event) in _KINDS]
    if not relevant:
        return
    parties = await _parties(connection, relevant)
    named = [(_row_of(each), each) for each in relevant]
    known = await _load(connection, {name for name, _ in named})
    for name, each in named:
        row = known.get(name)
        if row is None:
            row = known[name] = _begun(name, parties)
        row.position = each.position
        row.fold(each.event)
    await rows.store(connection, _TABLE, _KEY, known.values())


READ_MODEL = ReadModel(_TABLE, (_TABLE, _FLOWS), lambda: apply, topics_of(_EVENTS))


def _row_of(recorded: Recorded) -> _Row:
    day = recorded.metadata.occurred_at.astimezone(UTC).date()
    return flow_of(recorded), day


def _begun(name: _Row, parties: Mapping[str, Party]) -> DayStats:
    party = parties.get(name[0]) or Party(name[0])
    return DayStats(*name, party.agreement_id, party.counter_party_id)


async def _parties(
    connection: AsyncConnection, page: Sequence[Recorded]
) -> dict[str, Party]:
    begun = [
        Party(
            flow_of(each),
            rows.key(each.event.terms.agreement_id),
            rows.key(each.event.terms.counter_party_id),
        )
        for each in page
        if isinstance(each.event, DataFlowCreated)
    ]
    await rows.add(connection, _FLOWS, begun)
    found = await rows.load(connection, _FLOWS, Party, {flow_of(each) for each in page})
    return {each.data_flow_id: each for each in found}


async def _load(
    connection: AsyncConnection, names: Collection[_Row]
) -> dict[_Row, DayStats]:
    columns = [list(column) for column in zip(*sorted(names), strict=True)]
    async with connection.cursor(row_factory=class_row(DayStats)) as cursor:
        await cursor.execute(_LOAD, columns, prepare=True)
        found = await cursor.fetchall()
    return {(row.data_flow_id, row.day): row for row in found}
