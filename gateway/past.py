"""A data flow at any moment of its past, and what happened between two of them."""

from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from gateway.dependencies import Dependencies, Here
from gateway.problems import documented
from gateway.stored import stored_pages
from gateway.wire import Identifier
from projections.past.diff import differences
from projections.past.views import Differences, FlowState
from projections.past.walk import Stop, Walk
from projections.past.when import When, parse
from projections.views import View

router = APIRouter(prefix="/audit/dataflows", tags=["audit"])

_PROBLEMS = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
)
_Moment = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="A position of the log, or a time of ISO 8601 (UTC without a zone)",
    ),
]
AsOf = Annotated[_Moment | None, Query(alias="asOf")]
_From = Annotated[_Moment, Query(alias="from")]
_To = Annotated[_Moment | None, Query(alias="to")]


@router.get("/{data_flow_id}/state", response_model=FlowState, responses=_PROBLEMS)
async def state(
    data_flow_id: Identifier, here: Here, request: Request, as_of: AsOf = None
) -> Response:
    """The flow as it was: its events folded up to a moment; now, where none is said."""
    moment = None if as_of is None else parse(as_of, "asOf")
    (stop,) = await _stops(here, data_flow_id, request, moment)
    return _json(stop.state)


@router.get("/{data_flow_id}/diff", response_model=Differences, responses=_PROBLEMS)
async def diff(
    data_flow_id: Identifier,
    here: Here,
    request: Request,
    begin: _From,
    end: _To = None,
) -> Response:
    """What happened between two moments, and what it changed; to now without `to`."""
    moments = parse(begin, "from"), None if end is None else parse(end, "to")
    before, after = await _stops(here, data_flow_id, request, *moments)
    topics = after.topics - before.topics
    found = await here.folded(differences, before.state, after.state, topics)
    return _json(found)


async def _stops(
    here: Dependencies, data_flow_id: str, request: Request, *moments: When | None
) -> list[Stop]:
    walk = Walk(data_flow_id, moments)
    positions = [each for each in moments if isinstance(each, int)]
    to = max(positions) if len(positions) == len(moments) else None
    async with aclosing(stored_pages(here, data_flow_id, to, request=request)) as pages:
        async for page in pages:
            if not await here.folded(walk.add, page):
                break
    return await here.folded(walk.stops)


def _json(view: View) -> Response:
    return Response(view.model_dump_json(), media_type="application/json")
