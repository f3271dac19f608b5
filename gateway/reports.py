"""What became of each object of a flow, as a page or as a file that is streamed."""

import asyncio
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from psycopg import AsyncConnection
from pydantic import BaseModel, ConfigDict, Field

from gateway.dependencies import Dependencies, Here
from gateway.known import known
from gateway.problems import documented
from gateway.report_formats import MEDIA_TYPES, Format, Writer, writer_of
from gateway.wire import WHOLE, Identifier
from projections import positions, queries, reports
from projections.report_row import Outcome
from projections.report_views import ReportPage
from projections.reports import Chosen, Lines
from projections.views import Lag

router = APIRouter(prefix="/management/dataflows", tags=["management"])

NAME = "object_report"
Wanted = Literal["all", "copied", "failed", "skipped"]
PLACE: Final = r"^[0-9]{1,18}-[0-9]{1,9}$"

# Large enough that a query costs little per row, small enough for any memory.
_STREAMED = 2000
_PROBLEMS = documented(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_FILES: Final[dict[str, dict[str, object]]] = {
    MEDIA_TYPES[each]: {} for each in Format if each is not Format.JSON
}


class ReportQuery(BaseModel):
    """Which objects, and how. `after` and `limit` are those of a page of JSON."""

    model_config = ConfigDict(extra="forbid")

    format: Format = Format.JSON
    outcome: Wanted = "all"
    after: Annotated[str, Field(pattern=PLACE)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000), WHOLE] = 500


@router.get(
    "/{data_flow_id}/report",
    response_model=ReportPage,
    responses=_PROBLEMS | {200: {"content": _FILES}},
)
async def report(
    data_flow_id: Identifier, asked: Annotated[ReportQuery, Query()], here: Here
) -> Response:
    """What became of each object: a page as JSON; all of it as a file else."""
    if asked.format is Format.JSON:
        async with here.pool.connection() as connection:
            page = await report_page(connection, data_flow_id, asked)
        return Response(page.model_dump_json(), media_type=MEDIA_TYPES[Format.JSON])
    writer = writer_of(asked.format)
    async with here.pool.connection() as connection:
        chosen, lag = await _chosen(connection, data_flow_id, asked.outcome)
        first = await reports.lines(connection, chosen, asked.after, _STREAMED)
    return StreamingResponse(
        _written(here, writer, chosen, first),
        media_type=MEDIA_TYPES[asked.format],
        headers={
            "Content-Disposition": f'attachment; filename="report.{asked.format}"',
            "Waybill-Report-Position": str(chosen.to),
            "Waybill-Lag-Positions": str(lag.positions),
            "Waybill-Lag-Seconds": str(lag.seconds),
        },
    )


async def report_page(
    connection: AsyncConnection, data_flow_id: str, asked: ReportQuery
) -> ReportPage:
    """A page, and what the whole adds up to. Raises UnknownFlowError."""
    chosen, lag = await _chosen(connection, data_flow_id, asked.outcome)
    page = await reports.lines(connection, chosen, asked.after, asked.limit)
    summary = await reports.summary(connection, data_flow_id)
    return ReportPage.model_construct(
        objects=page.lines, next=page.next, position=chosen.to, summary=summary, lag=lag
    )


async def _chosen(
    connection: AsyncConnection, data_flow_id: str, outcome: Wanted
) -> tuple[Chosen, Lag]:
    await known(connection, "flow_status", queries.flow, data_flow_id)
    lag = await positions.lag(connection, NAME)
    to = (await positions.positions(connection))[NAME]
    wanted = None if outcome == "all" else Outcome(outcome)
    return await reports.choose(connection, data_flow_id, wanted, to), lag


async def _written(
    here: Dependencies, writer: Writer, chosen: Chosen, page: Lines
) -> AsyncGenerator[bytes]:
    """A connection and a snapshot per page, so that nothing waits for a slow reader.

    What is raised breaks the connection off: half a file never looks like a whole one.
    """
    yield writer.begin()
    while True:
        # In a thread: a page takes longer than other requests should wait.
        yield await asyncio.to_thread(writer.page, page.lines)
        if page.next is None:
            break
        async with here.pool.connection() as connection:
            page = await reports.lines(connection, chosen, page.next, _STREAMED)
    yield await asyncio.to_thread(writer.end)
