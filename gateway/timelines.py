"""When did a data flow do what? Answered from the read models."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from gateway.dependencies import Here
from gateway.known import known
from gateway.problems import documented
from gateway.wire import Identifier
from projections import positions, timeline_views
from projections.timeline_views import TimelineReport

router = APIRouter(prefix="/management/dataflows", tags=["management"])

_NAME: Final = "flow_timeline"
_ONE = documented(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/{data_flow_id}/timeline", responses=_ONE)
async def timeline(data_flow_id: Identifier, here: Here) -> TimelineReport:
    """The phases that a flow has come to, and how fast it was copied when."""
    async with here.pool.connection() as connection:
        found = await known(connection, _NAME, timeline_views.timeline, data_flow_id)
        behind = await positions.lag(connection, _NAME)
    return TimelineReport(timeline=found, lag=behind)
