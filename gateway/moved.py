"""What was moved for whom, and which multipart uploads there are: from read models."""

import re
from datetime import date
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.dependencies import Here
from gateway.problems import documented
from gateway.wire import WHOLE
from projections import ledger_views, positions, stats_views
from projections.ledger_row import UploadState
from projections.ledger_views import Ledger, LedgerFilter
from projections.stats_views import Per, Stats, StatsFilter

router = APIRouter(prefix="/management", tags=["management"])

_PROBLEMS: Final = documented(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
_Name = Annotated[str, Field(max_length=512)]


def _written_out(value: object) -> object:
    # pydantic takes a number for seconds since 1970.
    if isinstance(value, str) and not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value
    ):
        msg = "must be a day, such as 2026-11-21"
        raise ValueError(msg)
    return value


_Day = Annotated[date, BeforeValidator(_written_out)]


class LedgerQuery(BaseModel):
    """Which uploads; `before` is the `next` of the page before."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    state: UploadState | None = None
    data_flow_id: _Name | None = None
    endpoint: _Name | None = None
    before: Annotated[int, Field(ge=0, lt=1 << 63), WHOLE] | None = None
    limit: Annotated[int, Field(ge=1, le=500), WHOLE] = 50


class StatsQuery(BaseModel):
    """Which days and whose, and what each line is of; nothing named: one line."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    since: _Day | None = None
    until: _Day | None = None
    agreement_id: _Name | None = None
    counter_party_id: _Name | None = None
    per: list[Per] = []


@router.get("/uploads", responses=_PROBLEMS)
async def uploads(asked: Annotated[LedgerQuery, Query()], here: Here) -> Ledger:
    """The ledger of multipart uploads, the newest first."""
    chosen = LedgerFilter(asked.state, asked.data_flow_id, asked.endpoint)
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "multipart_ledger")
        return await ledger_views.ledger(
            connection, chosen, behind, before=asked.before, limit=asked.limit
        )


@router.get("/stats", responses=_PROBLEMS)
async def stats(asked: Annotated[StatsQuery, Query()], here: Here) -> Stats:
    """What was moved, per day, agreement and counter party as asked."""
    chosen = StatsFilter(
        asked.since, asked.until, asked.agreement_id, asked.counter_party_id
    )
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "transfer_stats")
        return await stats_views.stats(connection, chosen, asked.per, behind)
