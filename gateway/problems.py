"""Refusals as problem documents (RFC 9457), and the one table from code to status."""

from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from domain.errors import CATALOGUE, ErrorClass
from domain.signaling import Problem

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2

STATUS_BY_CODE = {
    "message.invalid": HTTPStatus.BAD_REQUEST,
    "profile.unsupported": HTTPStatus.BAD_REQUEST,
    "address.invalid": HTTPStatus.BAD_REQUEST,
    "address.missing": HTTPStatus.BAD_REQUEST,
    "address.unexpected": HTTPStatus.BAD_REQUEST,
    "address.not-allowed": HTTPStatus.FORBIDDEN,
    "plan.deletes-unsupported": HTTPStatus.BAD_REQUEST,
    "flow.unknown": HTTPStatus.NOT_FOUND,
    "flow.exists": HTTPStatus.CONFLICT,
    "flow.illegal-transition": HTTPStatus.CONFLICT,
    "flow.not-planned": HTTPStatus.CONFLICT,
    "flow.not-completed": HTTPStatus.CONFLICT,
    "flow.suspended": HTTPStatus.SERVICE_UNAVAILABLE,
    "flow.ended": HTTPStatus.GONE,
    "flow.shredded": HTTPStatus.GONE,
    "access.token-missing": HTTPStatus.UNAUTHORIZED,
    "access.token-invalid": HTTPStatus.UNAUTHORIZED,
    "access.token-replayed": HTTPStatus.UNAUTHORIZED,
    "access.control-plane-unknown": HTTPStatus.UNAUTHORIZED,
    "access.scope-missing": HTTPStatus.FORBIDDEN,
    "access.flow-of-another": HTTPStatus.FORBIDDEN,
    "access.cross-site": HTTPStatus.FORBIDDEN,
    "access.operator-key-unset": HTTPStatus.FORBIDDEN,
    "access.keys-unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "access.key-missing": HTTPStatus.UNAUTHORIZED,
    "access.key-invalid": HTTPStatus.FORBIDDEN,
    "task.unknown": HTTPStatus.NOT_FOUND,
    "task.illegal-transition": HTTPStatus.CONFLICT,
    "task.service-unknown": HTTPStatus.NOT_FOUND,
    "task.input-invalid": HTTPStatus.BAD_REQUEST,
    "control-plane.unknown": HTTPStatus.NOT_FOUND,
    "notary.no-key": HTTPStatus.SERVICE_UNAVAILABLE,
    "notary.seals-changed": HTTPStatus.SERVICE_UNAVAILABLE,
    "archive.unreadable": HTTPStatus.SERVICE_UNAVAILABLE,
    "report.no-parquet": HTTPStatus.NOT_IMPLEMENTED,
    "plane.conflict": HTTPStatus.SERVICE_UNAVAILABLE,
    "plane.unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    # Of HTTP itself, not of the catalogue:
    "http.not-found": HTTPStatus.NOT_FOUND,
    "http.method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "http.body-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}

# RFC 6750: without a token there is no error to name.
_INVALID = 'Bearer realm="waybill", error="invalid_token"'
_CHALLENGES = {
    "access.token-missing": 'Bearer realm="waybill"',
    "access.scope-missing": (
        'Bearer realm="waybill", error="insufficient_scope", scope="signaling:dataflow"'
    ),
}


class ProblemDocument(BaseModel):
    """Why a request was refused, whether to try again, who must act, and how."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    error_class: str
    owner: str
    remedy: str
    request_id: str


class RefusedError(Exception):
    """The commands handler has refused."""

    def __init__(self, problem: Problem) -> None:
        """With the problem that it has told."""
        super().__init__(problem.code)
        self.problem = problem


class BodyTooLargeError(RefusedError):
    """The body is larger than what may be sent."""

    def __init__(self) -> None:
        """Nothing is told of the body."""
        super().__init__(problem("http.body-too-large", "the body is too large"))


def problem(code: str, detail: str) -> Problem:
    """The problem of a code; of one of HTTP's own, where the catalogue has none."""
    entry = CATALOGUE.get(code)
    return Problem(
        code=code,
        detail=detail,
        error_class=entry.error_class if entry else ErrorClass.TERMINAL,
        owner=entry.owner if entry else "control plane",
    )


def document(request_id: str, told: Problem) -> ProblemDocument:
    """The document that goes on the wire."""
    status = STATUS_BY_CODE.get(told.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    entry = CATALOGUE.get(told.code)
    return ProblemDocument(
        type=f"urn:waybill:problem:{told.code}",
        title=told.code.replace(".", ": ").replace("-", " ").capitalize(),
        status=status,
        detail=told.detail,
        code=told.code,
        error_class=told.error_class,
        owner=told.owner,
        remedy=entry.remedy if entry else "",
        request_id=request_id,
    )


def respond(
    request: Request, told: Problem, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The answer to a request that is refused."""
    body = document(request.state.request_id, told)
    headers = dict(headers or {})
    if body.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if body.status == HTTPStatus.UNAUTHORIZED or told.code in _CHALLENGES:
        headers["WWW-Authenticate"] = _CHALLENGES.get(told.code, _INVALID)
    return JSONResponse(
        body.model_dump(), body.status, headers=headers, media_type=MEDIA_TYPE
    )


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """These refusals, and any other, for the OpenAPI description of an endpoint."""
    content = {MEDIA_TYPE: {"schema": ProblemDocument.model_json_schema()}}
    named: dict[int | str, dict[str, Any]] = {
        int(status): {"description": status.phrase, "content": content}
        for status in statuses
    }
    return {**named, "default": {"description": "A problem", "content": content}}
