"""What there is under /api/v1, for people who look: a table, made from the routes."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel

from gateway.problems import documented

router = APIRouter(prefix="/api/v1", tags=["tasks"])

_AUTH: Final = {
    "task operators": "X-Operator-Token",
    "tasks": "X-API-Key of the user; none in development",
}


class HelpLine(BaseModel):
    """An endpoint: what it does, and what it wants to see of the caller."""

    method: str
    path: str
    description: str
    auth: str


class Help(BaseModel):
    """All endpoints of tasks."""

    endpoints: tuple[HelpLine, ...]


@router.get("/help", responses=documented(HTTPStatus.SERVICE_UNAVAILABLE))
async def overview(request: Request) -> Help:
    """This overview."""
    # The description of the whole is made from the routes, once.
    described = cast("FastAPI", request.app).openapi()
    return Help(endpoints=tuple(_lines(described["paths"])))


def _lines(paths: dict[str, dict[str, Any]]) -> Iterator[HelpLine]:
    for path, operations in paths.items():
        if not path.startswith(router.prefix):
            continue
        for method, operation in operations.items():
            operators = "task operators" in operation["tags"]
            auth = _AUTH["task operators" if operators else "tasks"]
            yield HelpLine(
                method=method.upper(),
                path=path,
                description=operation["description"].partition("\n")[0],
                auth="none" if path.endswith("/help") else auth,
            )
