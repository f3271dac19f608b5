"""What is each data flow, and what state is it in?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from psycopg import AsyncConnection

from domain.data_flow import BEGINNINGS, DataFlowCreated
from domain.data_flow.events import (
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
    DataFlowStartConfirmed,
)
from domain.location import Location
from domain.message import Event, Recorded
from projections import rows
from projections.flow_states import DATA_FLOW_EVENTS, flow_of, state_after
from projections.read_model import ReadModel


@dataclass(slots=True)
class FlowStatus:
    """A row of `flow_status`."""

    data_flow_id: str
    role: str
    direction: str
    profile: str
    state: str
    participant_id: str
    counter_party_id: str
    agreement_id: str
    dataset_id: str
    source: Mapping[str, Any] | None
    destination: Mapping[str, Any] | None
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    updated_at: datetime
    version: int
    position: int
    created_position: int
    control_plane_id: str


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Fold the page's data-flow events onto the rows that they touch."""
    relevant = [each for each in page if isinstance(each.event, DATA_FLOW_EVENTS)]
    if not relevant:
        return
    flows = {flow_of(each) for each in relevant}
    known = {
        row.data_flow_id: row
        for row in await rows.load(connection, "flow_status", FlowStatus, flows)
    }
    for each in relevant:
        flow = flow_of(each)
        known[flow] = fold(known.get(flow), each)
    await rows.store(connection, "flow_status", ("data_flow_id",), known.values())


READ_MODEL = ReadModel.of("flow_status", ("flow_status",), apply, *DATA_FLOW_EVENTS)


def fold(row: FlowStatus | None, recorded: Recorded) -> FlowStatus:
    """The row after a data-flow event; None before the first, which creates it."""
    flow = flow_of(recorded)
    if row is None or isinstance(recorded.event, DataFlowCreated):
        return _created(flow, recorded, cast("DataFlowCreated", recorded.event))
    _change(row, recorded)
    return row


def _created(flow: str, recorded: Recorded, event: DataFlowCreated) -> FlowStatus:
    role, state = BEGINNINGS[type(event)]
    terms = event.terms
    return FlowStatus(
        data_flow_id=flow,
        role=role,
        direction=event.direction,
        profile=terms.profile,
        state=state,
        participant_id=terms.participant_id,
        counter_party_id=terms.counter_party_id,
        agreement_id=terms.agreement_id,
        dataset_id=terms.dataset_id,
        source=_shown(event.source),
        destination=_shown(event.destination),
        error_code=None,
        error_detail=None,
        created_at=recorded.metadata.occurred_at,
        updated_at=recorded.metadata.occurred_at,
        version=recorded.version,
        position=recorded.position,
        created_position=recorded.position,
        control_plane_id=terms.control_plane_id,
    )


def _change(row: FlowStatus, recorded: Recorded) -> None:
    event: Event = recorded.event
    row.state = state_after(row.state, event)
    row.updated_at = recorded.metadata.occurred_at
    row.version, row.position = recorded.version, recorded.position
    match event:
        case DataFlowStartConfirmed(source=source):
            row.source = _shown(source) or row.source
        case DataFlowResumed(source=source, destination=destination):
            row.source = _shown(source) or row.source
            row.destination = _shown(destination) or row.destination
            row.error_code = row.error_detail = None
        case DataFlowReady():
            row.error_code = row.error_detail = None
        case DataFlowErrored(code=code, detail=detail):
            row.error_code, row.error_detail = code, detail
        case _:
            pass


def _shown(location: Location | None) -> Mapping[str, Any] | None:
    # Not even the reference to the secret: who reads rows has no use for it.
    return location.model_dump(exclude={"secret"}) if location else None
