"""Limits: an operator's, decided by the commands handler, in force at once."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

import pydantic_core
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain import names
from domain.errors import InvalidMessageError
from domain.limits import UNLIMITED
from domain.limits.messages import Number, Whole
from domain.limits.summary import LimitsSummary
from domain.limits.terms import Clock, Day
from domain.signaling import Reply
from gateway.authorization import authorization
from gateway.bodies import json_object, read_body
from gateway.dependencies import Dependencies, Here
from gateway.problems import RefusedError, documented
from gateway.wire import described

router = APIRouter(prefix="/management/limits", tags=["management"])

_REFUSALS: Final = documented(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
Scope = Annotated[
    str,
    Path(
        max_length=300,
        pattern=r"^(plane|(endpoint|data-flow):[^\x00-\x1f\x7f]+)$",
        description="`plane`, `endpoint:<host:port>` or `data-flow:<id>`",
    ),
]


class _RatesBody(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    bytes_per_second: Whole | None = None
    requests_per_second: Number | None = None
    parts_at_once: Whole | None = None


class WindowBody(_RatesBody):
    """From one time of day to another these rates hold in place of the others."""

    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=7)] | None = None
    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Clock, Field(alias="to")]
    time_zone: Annotated[str, Field(max_length=64)] | None = None


class LimitsBody(_RatesBody):
    """What limits the scope from now on; what is not said is not limited."""

    timetable: Annotated[tuple[WindowBody, ...], Field(max_length=100)] | None = None


class LimitsList(BaseModel):
    """All limits that are set."""

    limits: tuple[LimitsSummary, ...]


@router.get("", responses=_REFUSALS)
async def all_limits(request: Request, here: Here) -> LimitsList:
    """All scopes that are limited."""
    reply = await _ask(names.LIST_LIMITS, b"{}", request, here)
    return LimitsList(limits=reply.limits or ())


@router.get("/{scope:path}", responses=_REFUSALS)
async def limits(scope: Scope, request: Request, here: Here) -> LimitsSummary:
    """The limits of one scope; nothing is limited where none are set."""
    return _of(scope, await _ask(names.LIST_LIMITS, b"{}", request, here))


@router.put("/{scope:path}", responses=_REFUSALS, openapi_extra=described(LimitsBody))
async def set_limits(scope: Scope, request: Request, here: Here) -> LimitsSummary:
    """Limit a scope, in place of what limited it; workers follow within a second."""
    body = json_object(await read_body(request, here.settings.body_limit_bytes))
    if "scope" in body:
        raise InvalidMessageError("scope: the path names it")
    said = pydantic_core.to_json({**body, "scope": scope})
    return _of(scope, await _ask(names.SET_LIMITS, said, request, here))


@router.delete(
    "/{scope:path}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=_REFUSALS,
)
async def clear_limits(scope: Scope, request: Request, here: Here) -> Response:
    """Limit the scope no more; safe to repeat."""
    said = pydantic_core.to_json({"scope": scope})
    await _ask(names.CLEAR_LIMITS, said, request, here)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _of(scope: str, reply: Reply) -> LimitsSummary:
    found = [each for each in reply.limits or () if each.scope == scope]
    return found[0] if found else LimitsSummary.of(scope, UNLIMITED, datetime.now(UTC))


async def _ask(verb: str, body: bytes, request: Request, here: Dependencies) -> Reply:
    caller = request.client.host if request.client else "unknown"
    reply = await here.bus.command(verb, body, f"http:{caller}", authorization(request))
    if reply.problem is not None:
        raise RefusedError(reply.problem)
    return reply
