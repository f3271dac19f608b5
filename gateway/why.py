"""Why a data flow is not done, what slowed it, and what was decided."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.data_flow import DataFlow
from domain.errors import UnknownFlowError
from gateway.dependencies import Dependencies, Here
from gateway.past import AsOf
from gateway.problems import documented
from gateway.stored import stored_pages
from gateway.wire import Identifier
from projections.explain import Beside, Explanation, Notes, explain
from projections.explain.beside import streams_beside
from projections.history_lines import Stored
from projections.log_reads import load_streams
from projections.past.fold import Past
from projections.past.when import When, is_after, parse

router = APIRouter(prefix="/audit/dataflows", tags=["audit"])

_PROBLEMS = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
)


@router.get("/{data_flow_id}/why", response_model=Explanation, responses=_PROBLEMS)
async def why(
    data_flow_id: Identifier, here: Here, request: Request, as_of: AsOf = None
) -> Response:
    """What it waits for, what slowed it, what was decided: from its events alone."""
    moment = None if as_of is None else parse(as_of, "asOf")
    notes = Notes(Past(data_flow_id))
    to = moment if isinstance(moment, int) else None
    stored = stored_pages(here, data_flow_id, to, request=request)
    async with aclosing(stored) as pages:
        async for page in pages:
            if not await here.folded(_add, notes, page, moment):
                break
    beside = await _beside(here, notes.past.flow)
    now = datetime.now(UTC)
    if moment is not None and notes.past.at is not None:
        beside, now = beside.until(notes.past.position), notes.past.at
    found = await here.folded(explain, notes, beside, now)
    if found is None:
        raise UnknownFlowError("there was no such data flow at that moment")
    return Response(found.model_dump_json(), media_type="application/json")


def _add(notes: Notes, page: Sequence[Stored], moment: When | None) -> bool:
    for stored in page:
        recorded = stored.recorded()
        if moment is not None and is_after(recorded, moment):
            return False
        notes.add(recorded)
    return True


async def _beside(here: Dependencies, flow: DataFlow) -> Beside:
    async with here.pool.connection() as connection:
        found = await load_streams(connection, streams_beside(flow))
    events = [each for stream in found.values() for each in stream]
    return Beside(tuple(sorted(events, key=lambda each: each.position)))
