"""Refusals as problem documents (RFC 9457), and the table from code to status."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from domain.errors import CATALOGUE, DataPlaneError, ErrorClass, Side

RETRY_AFTER_SECONDS = 2

_STATUS_BY_CODE = {
    "message.invalid": HTTPStatus.BAD_REQUEST,
    "access.token-missing": HTTPStatus.UNAUTHORIZED,
    "access.token-invalid": HTTPStatus.UNAUTHORIZED,
    "access.flow-of-another": HTTPStatus.FORBIDDEN,
    "flow.unknown": HTTPStatus.NOT_FOUND,
    "flow.suspended": HTTPStatus.SERVICE_UNAVAILABLE,
    "flow.ended": HTTPStatus.GONE,
    "flow.illegal-transition": HTTPStatus.CONFLICT,
    "plane.conflict": HTTPStatus.SERVICE_UNAVAILABLE,
    "plane.unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "plane.plan-impossible": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "storage.not-found": HTTPStatus.NOT_FOUND,
    "storage.upload-lost": HTTPStatus.NOT_FOUND,
    "storage.source-changed": HTTPStatus.PRECONDITION_FAILED,
    "storage.throttled": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage.unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage.exhausted": HTTPStatus.INSUFFICIENT_STORAGE,
    "access.key-missing": HTTPStatus.UNAUTHORIZED,
    "access.key-invalid": HTTPStatus.FORBIDDEN,
    "file.unknown": HTTPStatus.NOT_FOUND,
    "file.too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "file.no-space": HTTPStatus.INSUFFICIENT_STORAGE,
    "file.mismatch": HTTPStatus.BAD_REQUEST,
    "upload.unknown": HTTPStatus.NOT_FOUND,
    "upload.over": HTTPStatus.GONE,
    "upload.incomplete": HTTPStatus.CONFLICT,
    "upload.chunk-invalid": HTTPStatus.BAD_REQUEST,
    "upload.offset-conflict": HTTPStatus.CONFLICT,
    "upload.busy": HTTPStatus.TOO_MANY_REQUESTS,
}
# Who shows nothing at all has shown nothing wrong.
_NOTHING_SHOWN = frozenset({"access.token-missing", "access.key-missing"})
_LATER = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})


class RefusedError(Exception):
    """A refusal that is HTTP's own: its code is not in the catalogue."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`detail` holds no secret."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


def not_allowed(allowed: str) -> RefusedError:
    """The refusal of a method; these are the others."""
    return RefusedError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "http.method-not-allowed",
        f"use {allowed}",
        {"Allow": allowed},
    )


def problem(error: DataPlaneError | RefusedError, request_id: str) -> web.Response:
    """The answer to a request that is refused."""
    status = _status(error)
    headers = _headers(error, status)
    entry = CATALOGUE.get(error.code)
    body = {
        "type": f"urn:waybill:problem:{error.code}",
        "title": error.code.replace(".", ": ").replace("-", " ").capitalize(),
        "status": int(status),
        "detail": error.detail,
        "code": error.code,
        "errorClass": entry.error_class if entry else ErrorClass.TERMINAL,
        "owner": entry.owner if entry else "caller",
        "requestId": request_id,
    }
    return web.json_response(
        body,
        status=status,
        headers=headers,
        content_type="application/problem+json",
    )


def _status(error: DataPlaneError | RefusedError) -> HTTPStatus:
    if isinstance(error, RefusedError):
        return error.status
    if error.side is Side.CALLER and error.code == "storage.mismatch":
        return HTTPStatus.BAD_REQUEST
    usual = (
        HTTPStatus.BAD_GATEWAY
        if error.code.startswith("storage.")
        else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return _STATUS_BY_CODE.get(error.code, usual)


def _headers(
    error: DataPlaneError | RefusedError, status: HTTPStatus
) -> dict[str, str]:
    headers = dict(error.headers) if isinstance(error, RefusedError) else {}
    headers["Cache-Control"] = "no-store"
    if status in _LATER:
        headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    if status == HTTPStatus.UNAUTHORIZED:
        said = "" if error.code in _NOTHING_SHOWN else ' error="invalid_token"'
        headers["WWW-Authenticate"] = f"Bearer{said}"
    return headers
