"""The history of a data flow, from the log itself."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel

from domain.errors import UnknownFlowError
from gateway.dependencies import Dependencies, Here
from gateway.problems import documented
from gateway.wire import WHOLE, Identifier
from projections.history import history
from projections.views import HistoryLine

router = APIRouter(prefix="/audit/dataflows", tags=["audit"])

NDJSON = "application/x-ndjson"
_PAGE = 500
_PROBLEMS = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
)


class HistoryPage(BaseModel):
    """Events in the order of the log; `next` is the `after` of the following page."""

    events: list[HistoryLine]
    next: int | None


@router.get(
    "/{data_flow_id}/events",
    response_model=HistoryPage,
    responses=_PROBLEMS | {200: {"content": {NDJSON: {}}}},
)
async def events(
    data_flow_id: Identifier,
    request: Request,
    here: Here,
    after: Annotated[int, Query(ge=0), WHOLE] = 0,
    limit: Annotated[int, Query(ge=1, le=1000), WHOLE] = _PAGE,
) -> Response:
    """A page of a flow's events; all of them as JSON lines, when asked for these."""
    wanted = NDJSON in request.headers.get("accept", "")
    page = await _page(here, data_flow_id, after, _PAGE if wanted else limit)
    if page is None:
        raise UnknownFlowError("there is no data flow with this id")
    if wanted:
        return StreamingResponse(_lines(here, data_flow_id, page), media_type=NDJSON)
    following = page[-1].position if len(page) == limit else None
    return JSONResponse(
        HistoryPage(events=page, next=following).model_dump(mode="json")
    )


async def _lines(
    here: Dependencies, data_flow_id: str, page: list[HistoryLine]
) -> AsyncGenerator[str]:
    # A connection and a snapshot per page, so that nothing waits for a slow reader.
    while page:
        for line in page:
            yield line.model_dump_json() + "\n"
        if len(page) < _PAGE or here.closing.is_set():
            return
        page = await _page(here, data_flow_id, page[-1].position, _PAGE) or []


async def _page(
    here: Dependencies, data_flow_id: str, after: int, limit: int
) -> list[HistoryLine] | None:
    async with here.pool.connection() as connection:
        return await history(connection, data_flow_id, after=after, limit=limit)
