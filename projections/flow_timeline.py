"""When did each data flow do what, and how fast was it copied when?

A row per flow holds the rate over time in a bounded number of buckets, so that it
costs the same for a second as for a month; a row per phase says when it began, and
why. Both are folds of the events' own times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection

from domain.data_flow.events import (
    DataFlowErrored,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.message import Event, Recorded
from domain.transfer.events import TransferDeferred, TransferWaiting
from projections import rows
from projections.copied import COPIED
from projections.flow_states import flow_of
from projections.read_model import ReadModel, topics_of
from projections.timeline_folds import FOLDS
from projections.timeline_row import FlowTimeline, phase_of

_TABLE, _PHASES = "flow_timeline", "flow_phase"
_LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class PhaseBegun:
    """A row of `flow_phase`: what began with an event, and why."""

    data_flow_id: str
    position: int
    phase: str
    reason: str | None
    until: datetime | None
    began_at: datetime


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Fold the page onto its flows' rows, and note the phases that begin in it."""
    relevant = [(flow_of(each), each) for each in page if type(each.event) in FOLDS]
    if not relevant:
        return
    flows = {flow for flow, _ in relevant}
    known = {
        row.data_flow_id: row
        for row in await rows.load(connection, _TABLE, FlowTimeline, flows)
    }
    begun: list[PhaseBegun] = []
    for flow, each in relevant:
        if flow not in known:
            known[flow] = FlowTimeline(flow, each.metadata.occurred_at, each.position)
            begun.append(_begun(known[flow], each))
        before = known[flow].phase
        fold(known[flow], each)
        if known[flow].phase != before:
            begun.append(_begun(known[flow], each))
    await rows.store(connection, _TABLE, ("data_flow_id",), known.values())
    # Of an event that is a flow's first, and the first of another phase, the latter.
    latest = {(each.data_flow_id, each.position): each for each in begun}
    await rows.add(connection, _PHASES, latest.values())


def fold(row: FlowTimeline, recorded: Recorded) -> None:
    """Add one event, of a type in FOLDS, to its row."""
    row.position = recorded.position
    kind, moving = type(recorded.event), row.moving
    FOLDS[kind](row, recorded.event, recorded)
    # What is copied begins a phase at most once, and is most of all events.
    if not (moving and kind in COPIED):
        row.phase = phase_of(row)


READ_MODEL = ReadModel(_TABLE, (_TABLE, _PHASES), lambda: apply, topics_of(FOLDS))


def _begun(row: FlowTimeline, recorded: Recorded) -> PhaseBegun:
    until = None
    if isinstance(recorded.event, TransferDeferred):
        until = recorded.event.until
    return PhaseBegun(
        row.data_flow_id,
        recorded.position,
        row.phase,
        _reason(recorded.event),
        until,
        recorded.metadata.occurred_at,
    )


def _reason(event: Event) -> str | None:
    match event:
        case DataFlowSuspended(reason=said) | DataFlowTerminated(reason=said):
            return rows.storable(said)[:_LONGEST_REASON] if said else None
        case DataFlowErrored(code=code) | TransferWaiting(code=code):
            return code
        case TransferDeferred(reason=reason):
            return reason
        case _:
            return None
