"""What was moved, as the gateway shows it: summed up as one asks for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier

from projections.rows import key
from projections.views import Lag, View

MOST_LINES: Final = 1000
_SUMS: Final = (
    *("size_bytes", "objects", "objects_failed"),
    *("flows_begun", "flows_completed", "flows_terminated"),
)
_STATS: Final = SQL(
    "SELECT {columns} FROM read_model.transfer_stats"
    " WHERE (%(since)s::date IS NULL OR day >= %(since)s)"
    " AND (%(until)s::date IS NULL OR day <= %(until)s)"
    " AND (%(agreement)s::text IS NULL OR agreement_id = %(agreement)s)"
    " AND (%(party)s::text IS NULL OR counter_party_id = %(party)s)"
    " {grouped} LIMIT {limit}"
)


class Per(StrEnum):
    """What a line is of."""

    DAY = "day"
    AGREEMENT = "agreement"
    COUNTER_PARTY = "counter-party"


_COLUMNS = {
    Per.DAY: "day",
    Per.AGREEMENT: "agreement_id",
    Per.COUNTER_PARTY: "counter_party_id",
}


class StatsLine(View):
    """What was moved (bytes); null where the line is the sum of all of them.

    Bytes and objects count on the day when they arrived (UTC), failed objects when
    the copying of their flow ended.
    """

    day: date | None = None
    agreement_id: str | None = None
    counter_party_id: str | None = None
    size_bytes: int
    objects: int
    objects_failed: int
    flows_begun: int
    flows_completed: int
    flows_terminated: int


class Stats(View):
    """At most 1000 lines, the latest day first."""

    lines: tuple[StatsLine, ...]
    lag: Lag


@dataclass(frozen=True)
class StatsFilter:
    """Which days, `since` and `until` included, and whose; None is any."""

    since: date | None = None
    until: date | None = None
    agreement: str | None = None
    party: str | None = None


async def stats(
    connection: AsyncConnection,
    chosen: StatsFilter,
    per: Collection[Per],
    behind: Lag,
) -> Stats:
    """The sums per what is named; of everything in one line where nothing is."""
    names = [Identifier(_COLUMNS[each]) for each in Per if each in per]
    sums = [
        SQL("coalesce(sum({0}), 0)::bigint AS {0}").format(Identifier(each))
        for each in _SUMS
    ]
    columns: list[Composable] = [*names, *sums]
    query = _STATS.format(
        columns=SQL(", ").join(columns),
        grouped=_grouped(names, latest_first=Per.DAY in per),
        limit=MOST_LINES,
    )
    values = {
        "since": chosen.since,
        "until": chosen.until,
        "agreement": key(chosen.agreement) if chosen.agreement is not None else None,
        "party": key(chosen.party) if chosen.party is not None else None,
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(query, values)).fetchall()
    return Stats(lines=tuple(map(StatsLine.model_validate, found)), lag=behind)


def _grouped(names: Collection[Identifier], *, latest_first: bool) -> Composable:
    if not names:
        return SQL("")
    listed = SQL(", ").join(names)
    first = SQL("day DESC, ") if latest_first else SQL("")
    return SQL("GROUP BY {0} ORDER BY {1}{0}").format(listed, first)
