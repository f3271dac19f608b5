"""Which parts of a flow are done, by whom, when. From the log itself."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from domain.errors import UnknownFlowError
from gateway.dependencies import Here
from gateway.problems import documented
from gateway.wire import WHOLE, Identifier
from projections.archive.reading import read_ahead
from projections.part_map import part_map
from projections.part_map_views import PartMapPage
from projections.rows import key

router = APIRouter(prefix="/management/dataflows", tags=["management"])

_PROBLEMS: Final = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
)
_JSON: Final = "application/json"


@router.get("/{data_flow_id}/parts", response_model=PartMapPage, responses=_PROBLEMS)
async def parts(
    data_flow_id: Identifier,
    here: Here,
    after: Annotated[int, Query(ge=0, lt=1 << 63), WHOLE] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000), WHOLE] = 5000,
) -> Response:
    """What was planned and done of a flow's parts, after a position of the log."""
    await read_ahead(here.pool, key(data_flow_id))
    async with here.pool.connection() as connection:
        page = await part_map(connection, data_flow_id, after=after, limit=limit)
    if page is None:
        raise UnknownFlowError("there is no data flow with this id")
    text = await asyncio.to_thread(page.model_dump_json)
    return Response(text, media_type=_JSON)
