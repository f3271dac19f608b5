"""All data flows at a glance, and what has changed. Answered from the read models."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.dependencies import Here
from gateway.problems import documented
from gateway.wire import WHOLE
from projections import board, positions
from projections.board import Board, Look

router = APIRouter(prefix="/management/board", tags=["management"])

_REFUSALS: Final = documented(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
_JSON: Final = "application/json"
_Place = Annotated[int, Field(ge=0, lt=1 << 63), WHOLE]


class BoardQuery(BaseModel):
    """Which flows; see `Board` for where `since` and `before` come from.

    With `oldest`, a `place`, only flows that are as new as this one.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    since: _Place | None = None
    before: _Place | None = None
    oldest: _Place = 0
    limit: Annotated[int, Field(ge=1, le=5000), WHOLE] = 1000


@router.get("", response_model=Board, responses=_REFUSALS)
async def flows_at_a_glance(
    asked: Annotated[BoardQuery, Query()], here: Here
) -> Response:
    """Data flows with their progress, the newest first; or what changed since."""
    look = Look(asked.since, asked.before, asked.oldest, asked.limit)
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "transfer_progress")
        found = await board.board(connection, look, behind)
    # A thousand flows need not be validated twice.
    return Response(found.model_dump_json(), media_type=_JSON)
