"""The history of a data flow, from the log itself."""

import re
from collections.abc import AsyncGenerator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

import pydantic_core
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.errors import UnknownFlowError
from gateway.dependencies import Dependencies, Here
from gateway.negotiation import preferred
from gateway.problems import documented
from gateway.wire import WHOLE, Identifier
from projections.archive.reading import read_ahead
from projections.cloud_events import BATCH, cloud_event
from projections.history import Searched, history_page
from projections.history_filter import KINDS, Chosen, topics_named
from projections.past.when import in_utc
from projections.rows import key
from projections.views import HistoryLine

router = APIRouter(prefix="/audit/dataflows", tags=["audit"])

JSON, NDJSON = "application/json", "application/x-ndjson"
FORMS: Final = (JSON, NDJSON, BATCH)
_PAGE = 500
_MOST_NAMED = 50
_PROBLEMS = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
)
_Name = Annotated[str, Field(min_length=1, max_length=100)]


def _written_out(value: object) -> object:
    # pydantic takes a number for seconds since 1970; after a T, a space was a plus.
    if isinstance(value, str) and re.fullmatch(r"[-+0-9.]*", value):
        msg = "must be a time of ISO 8601"
        raise ValueError(msg)
    return value.replace(" ", "+") if isinstance(value, str) and "T" in value else value


_Time = Annotated[datetime, BeforeValidator(_written_out)]


class HistoryPage(BaseModel):
    """Events in the order of the log.

    `next` is the `after` of the following page, null where there is none for now;
    `position` is how far was searched: the `after` with which to ask later.
    """

    events: list[HistoryLine]
    next: int | None
    position: int


class HistoryQuery(BaseModel):
    """Which events; what is not said is any.

    `after` and `to` are positions, the second included; `since` and `until` are times
    of recording, the second not included; without a zone they are UTC. `actor` may end
    in a star. `limit` is that of a page.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    after: Annotated[int, Field(ge=0, le=2**63 - 1), WHOLE] = 0
    to: Annotated[int, Field(ge=0, le=2**63 - 1), WHOLE] | None = None
    limit: Annotated[int, Field(ge=1, le=1000), WHOLE] = _PAGE
    topic: Annotated[list[_Name], Field(max_length=_MOST_NAMED)] = []
    kind: Annotated[
        list[_Name],
        Field(max_length=_MOST_NAMED, description=f"Streams: {', '.join(KINDS)}"),
    ] = []
    actor: _Name | None = None
    since: _Time | None = None
    until: _Time | None = None

    def chosen(self) -> Chosen:
        """What the filter is made of. Raises InvalidMessageError."""
        return Chosen(
            topics=topics_named(self.topic, self.kind),
            actor=self.actor,
            since=self.since and in_utc(self.since),
            until=self.until and in_utc(self.until),
            to=self.to,
        )


@router.get(
    "/{data_flow_id}/events",
    response_model=HistoryPage,
    responses=_PROBLEMS | {200: {"content": {NDJSON: {}, BATCH: {}}}},
)
async def events(
    data_flow_id: Identifier,
    asked: Annotated[HistoryQuery, Query()],
    request: Request,
    here: Here,
) -> Response:
    """A page of a flow's events, as JSON or CloudEvents; all of them as JSON lines."""
    form = preferred(request.headers.get("accept", ""), FORMS)
    reader = _Reader(here, data_flow_id, asked.chosen())
    limit = _PAGE if form == NDJSON else asked.limit
    found = await reader.page(asked.after, limit)
    page = found.lines
    if form == NDJSON:
        return StreamingResponse(reader.lines(page), media_type=NDJSON)
    following = page[-1].position if len(page) == limit else None
    headers = {"Vary": "Accept"}
    if following is not None:
        query = request.url.include_query_params(after=following).query
        # The path as we are given it is decoded: it could say more than an address.
        path = f"{router.prefix}/{quote(data_flow_id, safe='')}/events"
        headers["Link"] = f'<{path}?{query}>; rel="next"'
    if form == BATCH:
        batch = [cloud_event(line, data_flow_id) for line in page]
        body = pydantic_core.to_json(batch)
        return Response(body, media_type=BATCH, headers=headers)
    whole = HistoryPage(events=page, next=following, position=found.position)
    return Response(whole.model_dump_json(), media_type=JSON, headers=headers)


class _Reader:
    """Reads the chosen events of one flow, page by page."""

    def __init__(self, here: Dependencies, data_flow_id: str, chosen: Chosen) -> None:
        self._here = here
        self._id = data_flow_id
        self._chosen = chosen

    async def page(self, after: int, limit: int) -> Searched:
        """Raises UnknownFlowError."""
        await read_ahead(self._here.pool, key(self._id))
        async with self._here.pool.connection() as connection:
            found = await history_page(
                connection, self._id, after=after, limit=limit, chosen=self._chosen
            )
        if found is None:
            raise UnknownFlowError("there is no data flow with this id")
        return found

    async def lines(self, page: list[HistoryLine]) -> AsyncGenerator[str]:
        # A connection and a snapshot per page, so that nothing waits for a slow reader.
        while page:
            for line in page:
                yield line.model_dump_json() + "\n"
            if len(page) < _PAGE:
                return
            if self._here.closing.is_set():
                # Only a broken connection says that this was not all.
                raise ConnectionAbortedError("the gateway ends before the history")
            page = (await self.page(page[-1].position, _PAGE)).lines
