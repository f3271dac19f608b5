"""What becomes of an exception: always a problem document, never a traceback."""

import logging
from http import HTTPStatus
from typing import Any, cast

import psycopg
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from psycopg.errors import InvalidSchemaName, UndefinedTable
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import compile_path

from domain.errors import DataPlaneError
from gateway.problems import RefusedError, problem, respond

log = logging.getLogger(__name__)

# As servers note it whose client did not wait; nobody sees it.
_GONE = 499
_HTTP_CODES = {
    HTTPStatus.NOT_FOUND: ("http.not-found", "there is nothing at this address"),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "http.method-not-allowed",
        "this address does not take the method",
    ),
}


def install(app: FastAPI) -> None:
    """Answer each kind of exception in its way."""
    app.exception_handler(RefusedError)(_refused)
    app.exception_handler(DataPlaneError)(_refused_by_us)
    app.exception_handler(RequestValidationError)(_not_valid)
    app.exception_handler(HTTPException)(_not_here)
    app.exception_handler(ClientDisconnect)(_to_nobody)
    for kind in (psycopg.OperationalError, UndefinedTable, InvalidSchemaName):
        app.exception_handler(kind)(_no_database)


async def _refused(request: Request, error: RefusedError) -> Response:
    return respond(request, error.problem)


async def _refused_by_us(request: Request, error: DataPlaneError) -> Response:
    return respond(request, problem(error.code, error.detail))


async def _to_nobody(_: Request, __: ClientDisconnect) -> Response:
    return Response(status_code=_GONE)


async def _not_valid(request: Request, error: RequestValidationError) -> Response:
    where = "; ".join(
        f"{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in error.errors()
    )
    return respond(request, problem("message.invalid", where))


async def _not_here(request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    code, detail = _HTTP_CODES.get(status, ("message.invalid", status.phrase))
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    return respond(request, problem(code, detail), headers)


def _methods_of(request: Request) -> set[str]:
    """What the address takes: the router itself tells of its first route only."""
    paths: dict[str, dict[str, Any]] = cast("FastAPI", request.app).openapi()["paths"]
    return {
        method.upper()
        for template, operations in paths.items()
        if compile_path(template)[0].fullmatch(request.scope["path"])
        for method in operations
    }


async def _no_database(request: Request, error: psycopg.Error) -> Response:
    log.warning("database failed", extra={"fields": {"error": type(error).__name__}})
    return respond(request, problem("plane.unavailable", "the database cannot answer"))
