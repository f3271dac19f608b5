"""What is known of each storage endpoint: what it can, whether it is there, its pace?

Workers speak each for itself; a row says what the last of them said.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.endpoint import EndpointLearned
from domain.message import Recorded
from domain.segment.events import (
    ConcurrencyTuned,
    EndpointCircuitClosed,
    EndpointCircuitOpened,
    SegmentPaced,
)
from projections import rows
from projections.read_model import ReadModel

_TABLE, _PAIRS = "endpoint_health", "endpoint_pair"
_LOAD: Final[LiteralString] = """
    SELECT endpoint, position, capabilities, learned_at, circuit, circuit_reason,
        circuit_at, requests_at_once, pace_reason, paced_at
    FROM endpoint_health WHERE endpoint = ANY(%s)
"""

_Seen = EndpointLearned | EndpointCircuitOpened | EndpointCircuitClosed | SegmentPaced
_SEEN = (EndpointLearned, EndpointCircuitOpened, EndpointCircuitClosed, SegmentPaced)


@dataclass(slots=True)
class EndpointHealth:
    """A row of `endpoint_health`."""

    endpoint: str
    position: int
    capabilities: dict[str, bool] = field(default_factory=dict[str, bool])
    learned_at: datetime | None = None
    circuit: str = "closed"
    circuit_reason: str | None = None
    circuit_at: datetime | None = None
    requests_at_once: int | None = None
    pace_reason: str | None = None
    paced_at: datetime | None = None

    def fold(self, event: _Seen, at: datetime, position: int) -> None:
        """The row after the event."""
        self.position = position
        match event:
            case EndpointLearned(capabilities=new):
                self.capabilities = {**self.capabilities, **new}
                self.learned_at = at
            case EndpointCircuitOpened(reason=reason):
                self.circuit, self.circuit_reason = "open", reason
                self.circuit_at = at
            case EndpointCircuitClosed():
                self.circuit, self.circuit_reason = "closed", None
                self.circuit_at = at
            case SegmentPaced(requests_after=count, reason=reason):
                self.requests_at_once, self.pace_reason = count, reason
                self.paced_at = at


@dataclass(frozen=True, slots=True)
class EndpointPair:
    """A row of `endpoint_pair`."""

    source: str
    destination: str
    requests_at_once: int
    reason: str
    requests_per_second: float
    bytes_per_second: float
    worker: str
    tuned_at: datetime
    position: int


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Fold what was seen onto the rows of its endpoints."""
    seen = [(each, each.event) for each in page if isinstance(each.event, _SEEN)]
    known = await _load(connection, {rows.key(event.endpoint) for _, event in seen})
    for each, event in seen:
        name = rows.key(event.endpoint)
        row = known.setdefault(name, EndpointHealth(name, each.position))
        row.fold(event, each.metadata.occurred_at, each.position)
    await rows.store(connection, _TABLE, ("endpoint",), known.values())
    pairs = [_pair(e, e.event) for e in page if isinstance(e.event, ConcurrencyTuned)]
    latest = {(pair.source, pair.destination): pair for pair in pairs}
    await rows.store(connection, _PAIRS, ("source", "destination"), latest.values())


READ_MODEL = ReadModel.of(_TABLE, (_TABLE, _PAIRS), apply, *_SEEN, ConcurrencyTuned)


async def _load(
    connection: AsyncConnection, endpoints: Collection[str]
) -> dict[str, EndpointHealth]:
    if not endpoints:
        return {}
    async with connection.cursor(row_factory=class_row(EndpointHealth)) as cursor:
        await cursor.execute(_LOAD, (list(endpoints),), prepare=True)
        return {row.endpoint: row for row in await cursor.fetchall()}


def _pair(recorded: Recorded, event: ConcurrencyTuned) -> EndpointPair:
    return EndpointPair(
        rows.key(event.source),
        rows.key(event.destination),
        event.requests_after,
        event.reason,
        event.requests_per_second,
        event.bytes_per_second,
        recorded.metadata.actor,
        recorded.metadata.occurred_at,
        recorded.position,
    )
