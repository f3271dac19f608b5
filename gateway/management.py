"""What is there, and how far is it? Answered from the read models."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.data_flow import State
from domain.errors import UnknownFlowError
from domain.location import Role
from gateway.dependencies import Here
from gateway.problems import documented
from gateway.progress_events import progress_events
from projections import positions, queries
from projections.views import FlowList, FlowReport, ProgressReport

router = APIRouter(prefix="/management/dataflows", tags=["management"])

_LISTED = documented(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
_ONE = documented(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


class FlowQuery(BaseModel):
    """Which data flows; `before` is the `next` of the page before."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    state: State | None = None
    role: Role | None = None
    counter_party_id: str | None = None
    before: int | None = Field(default=None, ge=0)
    limit: int = Field(default=50, ge=1, le=500)


@router.get("", responses=_LISTED)
async def data_flows(asked: Annotated[FlowQuery, Query()], here: Here) -> FlowList:
    """Data flows, the newest first."""
    chosen = queries.Filter(asked.state, asked.role, asked.counter_party_id)
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "flow_status")
        flows, following = await queries.flows(
            connection, chosen, before=asked.before, limit=asked.limit
        )
    return FlowList(flows=flows, next=following, lag=behind)


@router.get("/{data_flow_id}", responses=_ONE)
async def data_flow(data_flow_id: str, here: Here) -> FlowReport:
    """One data flow."""
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "flow_status")
        flow = await queries.flow(connection, data_flow_id)
    if flow is None:
        raise _unknown()
    return FlowReport(flow=flow, lag=behind)


@router.get("/{data_flow_id}/progress", responses=_ONE)
async def progress(data_flow_id: str, here: Here) -> ProgressReport:
    """How much of its copying is done."""
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "transfer_progress")
        found = await queries.progress(connection, data_flow_id)
    if found is None:
        raise _unknown()
    return ProgressReport(progress=found, lag=behind)


@router.get(
    "/{data_flow_id}/progress/events",
    response_class=StreamingResponse,
    responses=_ONE | {200: {"content": {"text/event-stream": {}}}},
)
async def follow_progress(data_flow_id: str, here: Here) -> StreamingResponse:
    """Each change of the progress as a server-sent event, until the flow ends."""
    async with here.pool.connection() as connection:
        found = await queries.progress(connection, data_flow_id)
    if found is None:
        raise _unknown()
    return StreamingResponse(
        progress_events(data_flow_id, here),
        media_type="text/event-stream",
        # Else a proxy may collect events instead of passing them on.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _unknown() -> UnknownFlowError:
    return UnknownFlowError("no such data flow is known here, or not yet")
