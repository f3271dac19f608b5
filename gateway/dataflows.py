"""Data Plane Signaling: the endpoints that a control plane calls.

Each is one request on the bus; the commands handler decides, and may be any of many.
"""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import pydantic_core
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from domain.errors import DataPlaneError
from domain.signaling import CreatingMessage, FollowUpMessage, Reply, StatusMessage
from gateway.authorization import authorization
from gateway.bodies import json_object, read_body
from gateway.dependencies import Dependencies, Here
from gateway.problems import RefusedError, documented
from gateway.wire import (
    EmptyBody,
    Identifier,
    NotificationBody,
    ReasonBody,
    StateBody,
    described,
)

router = APIRouter(prefix="/dataflows", tags=["signaling"])

CONFIRMATION: Final = "Waybill-Confirmation"

_UNAVAILABLE: Final = HTTPStatus.SERVICE_UNAVAILABLE
_CREATING = documented(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, _UNAVAILABLE)
_FOLLOWING = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, _UNAVAILABLE
)
_BEGUN: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": StatusMessage, "description": "Begun; a callback will follow"}
}


@router.post(
    "/prepare",
    response_model=StatusMessage,
    responses=_BEGUN | _CREATING,
    openapi_extra=described(CreatingMessage),
)
async def prepare(request: Request, here: Here) -> Response:
    """Make the consumer's side ready (DataFlowPrepareMessage)."""
    return await _create("prepare", request, here)


@router.post(
    "/start",
    response_model=StatusMessage,
    responses=_BEGUN | _CREATING,
    openapi_extra=described(CreatingMessage),
)
async def start(request: Request, here: Here) -> Response:
    """Begin on the provider's side (DataFlowStartMessage)."""
    return await _create("start", request, here)


@router.post(
    "/{data_flow_id}/started",
    response_class=Response,
    responses=_FOLLOWING,
    openapi_extra=described(NotificationBody),
)
async def started(data_flow_id: Identifier, request: Request, here: Here) -> Response:
    """Tell the consumer's side that the provider has begun."""
    return _done(await follow("started", data_flow_id, request, here))


@router.post(
    "/{data_flow_id}/suspend",
    response_class=Response,
    responses=_FOLLOWING,
    openapi_extra=described(ReasonBody),
)
async def suspend(data_flow_id: Identifier, request: Request, here: Here) -> Response:
    """Stop moving data, for now."""
    return _done(await follow("suspend", data_flow_id, request, here))


@router.post(
    "/{data_flow_id}/resume",
    response_model=StatusMessage,
    responses=_FOLLOWING,
    openapi_extra=described(NotificationBody),
)
async def resume(data_flow_id: Identifier, request: Request, here: Here) -> Response:
    """Go on, perhaps with another address."""
    reply = await follow("resume", data_flow_id, request, here)
    return JSONResponse(_status(reply).wire())


@router.post(
    "/{data_flow_id}/terminate",
    response_class=Response,
    responses=_FOLLOWING,
    openapi_extra=described(ReasonBody),
)
async def terminate(data_flow_id: Identifier, request: Request, here: Here) -> Response:
    """Stop for ever."""
    return _done(await follow("terminate", data_flow_id, request, here))


@router.post(
    "/{data_flow_id}/completed",
    response_class=Response,
    responses=_FOLLOWING,
    openapi_extra=described(EmptyBody),
)
async def completed(data_flow_id: Identifier, request: Request, here: Here) -> Response:
    """Tell that all data has moved."""
    return _done(await follow("completed", data_flow_id, request, here))


@router.get("/{data_flow_id}/status", response_model=StateBody, responses=_FOLLOWING)
async def status(data_flow_id: Identifier, request: Request, here: Here) -> Response:
    """The state of a data flow, never stale: the commands handler answers."""
    body = pydantic_core.to_json({"dataFlowId": data_flow_id})
    found = _status(await _ask("status", body, request, here))
    # Nothing else: older conformance kits refuse any further field.
    return JSONResponse({"dataFlowId": found.data_flow_id, "state": found.state})


async def _create(verb: str, request: Request, here: Dependencies) -> Response:
    body = await read_body(request, here.settings.body_limit_bytes)
    CreatingMessage.read(json_object(body))
    found = _status(await _ask(verb, body, request, here))
    if not found.state.endswith("ING"):
        return JSONResponse(found.wire())
    where = f"/dataflows/{quote(found.data_flow_id, safe='')}/status"
    return JSONResponse(found.wire(), HTTPStatus.ACCEPTED, {"Location": where})


async def follow(
    verb: str, data_flow_id: str, request: Request, here: Dependencies
) -> Reply:
    """Tell a flow something. Raises RefusedError and what `Bus.command` raises."""
    received = await read_body(request, here.settings.body_limit_bytes)
    # The path names the flow, whatever id a body of an older dialect may hold.
    body = {**json_object(received or b"{}"), "dataFlowId": data_flow_id}
    FollowUpMessage.read(body)
    return await _ask(verb, pydantic_core.to_json(body), request, here)


async def _ask(verb: str, body: bytes, request: Request, here: Dependencies) -> Reply:
    caller = request.client.host if request.client else "unknown"
    reply = await here.bus.command(verb, body, f"http:{caller}", authorization(request))
    if reply.problem is not None:
        raise RefusedError(reply.problem)
    return reply


def _status(reply: Reply) -> StatusMessage:
    if reply.status is None:
        raise DataPlaneError("the commands handler's answer has no status")
    return reply.status


def _done(reply: Reply) -> Response:
    told = reply.confirmation
    return Response(headers={CONFIRMATION: told} if told else None)
