"""What is there, and how far is it? Answered from the read models."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from psycopg import AsyncConnection
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.data_flow import State
from domain.location import Role
from gateway.dataflows import follow
from gateway.dependencies import Here
from gateway.known import known
from gateway.problems import documented
from gateway.progress_events import progress_events
from gateway.wire import WHOLE, EmptyBody, Identifier, PriorityBody, described
from projections import positions, queries
from projections.views import FlowList, FlowReport, Progress, ProgressReport

router = APIRouter(prefix="/management/dataflows", tags=["management"])

_LISTED = documented(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
_ONE = documented(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


class FlowQuery(BaseModel):
    """Which data flows; `before` is the `next` of the page before."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    state: State | None = None
    role: Role | None = None
    counter_party_id: str | None = None
    before: Annotated[int, Field(ge=0), WHOLE] | None = None
    limit: Annotated[int, Field(ge=1, le=500), WHOLE] = 50


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
async def data_flow(data_flow_id: Identifier, here: Here) -> FlowReport:
    """One data flow."""
    async with here.pool.connection() as connection:
        flow = await known(connection, "flow_status", queries.flow, data_flow_id)
        behind = await positions.lag(connection, "flow_status")
    return FlowReport(flow=flow, lag=behind)


@router.get("/{data_flow_id}/progress", responses=_ONE)
async def progress(data_flow_id: Identifier, here: Here) -> ProgressReport:
    """How much of its copying is done."""
    async with here.pool.connection() as connection:
        found = await _progress(connection, data_flow_id)
        behind = await positions.lag(connection, "transfer_progress")
    return ProgressReport(progress=found, lag=behind)


@router.get(
    "/{data_flow_id}/progress/events",
    response_class=StreamingResponse,
    responses=_ONE | {200: {"content": {"text/event-stream": {}}}},
)
async def follow_progress(data_flow_id: Identifier, here: Here) -> StreamingResponse:
    """Each change of the progress as a server-sent event, until the flow ends."""
    async with here.pool.connection() as connection:
        await _progress(connection, data_flow_id)
    return StreamingResponse(
        progress_events(data_flow_id, here),
        media_type="text/event-stream",
        # Else a proxy may collect events instead of passing them on.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.post(
    "/{data_flow_id}/approve",
    response_class=Response,
    responses=documented(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE
    ),
    openapi_extra=described(EmptyBody),
)
async def approve(data_flow_id: Identifier, request: Request, here: Here) -> Response:
    """Let what a flow with `plan: approve` has planned be carried out, as it is."""
    await follow("approve", data_flow_id, request, here)
    return Response()


@router.post(
    "/{data_flow_id}/priority",
    response_class=Response,
    responses=documented(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    openapi_extra=described(PriorityBody),
)
async def prioritize(
    data_flow_id: Identifier, request: Request, here: Here
) -> Response:
    """Say how urgent a flow is among those of its tenant: from 1 to 5."""
    await follow("prioritize", data_flow_id, request, here)
    return Response()


async def _progress(connection: AsyncConnection, data_flow_id: str) -> Progress:
    name = "transfer_progress"
    return await known(connection, name, queries.progress, data_flow_id)
