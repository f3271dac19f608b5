"""Registration of control planes: an operator's, decided by the commands handler."""

from http import HTTPStatus
from typing import Annotated, Any, Final

import pydantic_core
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain import names
from domain.signaling import ControlPlaneSummary, Reply
from gateway.authorization import authorization
from gateway.bodies import json_object, read_body
from gateway.dependencies import Dependencies, Here
from gateway.problems import RefusedError, documented
from gateway.wire import Identifier, described

router = APIRouter(prefix="/controlplanes", tags=["control planes"])

_REFUSALS: Final = documented(
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE
)
_PUT: Final = documented(HTTPStatus.BAD_REQUEST) | _REFUSALS
_DELETE: Final = documented(HTTPStatus.NOT_FOUND) | _REFUSALS


class RegistrationBody(BaseModel):
    """ControlPlaneRegistrationMessage."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    controlplane_id: Annotated[str, Field(min_length=1, max_length=256)]
    endpoint: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    authorization: dict[str, Any] | None = None


class Registered(BaseModel):
    """All control planes that may speak to this plane."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )

    control_planes: tuple[ControlPlaneSummary, ...]


@router.put(
    "",
    response_class=Response,
    responses=_PUT,
    openapi_extra=described(RegistrationBody),
)
async def register(request: Request, here: Here) -> Response:
    """Register a control plane, or replace its registration."""
    body = await read_body(request, here.settings.body_limit_bytes)
    await _ask(names.REGISTER_CONTROL_PLANE, body, request, here)
    return Response()


@router.delete(
    "/{control_plane_id:path}",  # ids may be URIs
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=_DELETE,
)
async def deregister(
    control_plane_id: Identifier, request: Request, here: Here
) -> Response:
    """Forget a control plane, and its secret."""
    body = pydantic_core.to_json({"controlplaneId": control_plane_id})
    await _ask(names.DEREGISTER_CONTROL_PLANE, body, request, here)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("", response_model=Registered, responses=_REFUSALS)
async def registered(request: Request, here: Here) -> Response:
    """Ids, endpoints and kinds of authorization; no secrets."""
    reply = await _ask(names.LIST_CONTROL_PLANES, b"{}", request, here)
    found = Registered(control_planes=reply.control_planes or ())
    return JSONResponse(found.model_dump(mode="json", by_alias=True))


async def _ask(verb: str, body: bytes, request: Request, here: Dependencies) -> Reply:
    json_object(body)
    caller = request.client.host if request.client else "unknown"
    reply = await here.bus.command(verb, body, f"http:{caller}", authorization(request))
    if reply.problem is not None:
        raise RefusedError(reply.problem)
    return reply
