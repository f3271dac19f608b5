"""All data flows at a glance: each with its progress, and what changed since a look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections import queries
from projections.outlook import outlook
from projections.progress_row import Phase
from projections.views import Lag, Moment, TimeLeft, View

# Flows that moved lately are told of at each look: their pace changes with the time.
_ROWS: Final[LiteralString] = """
    SELECT p.*, f.data_flow_id, f.role, f.direction, f.profile, f.participant_id,
        f.counter_party_id, f.agreement_id, f.dataset_id, f.source, f.destination,
        f.created_at, f.created_position, f.state AS flow_state,
        f.error_code AS flow_error_code, f.error_detail,
        greatest(f.updated_at, p.updated_at) AS changed_at,
        p.data_flow_id IS NOT NULL AS known
    FROM read_model.flow_status f
    LEFT JOIN read_model.transfer_progress p USING (data_flow_id)
    WHERE f.created_position < coalesce(%(before)s, 9223372036854775807)
      AND f.created_position >= %(since_flow)s
      AND (%(since)s::bigint IS NULL OR f.position > %(since)s
        OR p.position > %(since)s
        OR (p.phase = 'running' AND p.recent <> '[]'
          AND p.updated_at > now() - interval '5 minutes'))
    ORDER BY f.created_position DESC
    LIMIT %(limit)s
"""
_READ: Final[LiteralString] = """
    SELECT coalesce(min(position), 0) FROM read_model.positions
    WHERE name IN ('flow_status', 'transfer_progress')
"""


@dataclass(frozen=True)
class Look:
    """Which flows: older than `before`, as new as `oldest`, changed after `since`.

    `before` and `oldest` are places, as `BoardFlow.place`; None and 0 are any.
    """

    since: int | None = None
    before: int | None = None
    oldest: int = 0
    limit: int = 1000


class BoardFlow(View):
    """A data flow in a line (sizes in bytes), newer ones with a larger `place`.

    `source` and `destination` are short names of places. `percent`, the paces and
    `timeLeft` are null with too little to tell; the other words are those of `Flow`
    and `Progress`.
    """

    data_flow_id: str
    place: int
    role: str
    direction: str
    profile: str
    participant_id: str
    counter_party_id: str
    agreement_id: str
    dataset_id: str
    source: str
    destination: str
    state: str
    phase: str
    error_code: str | None
    error_detail: str | None
    created_at: Moment
    changed_at: Moment
    percent: float | None = None
    objects_total: int = 0
    objects_copied: int = 0
    objects_failed: int = 0
    bytes_total: int = 0
    bytes_copied: int = 0
    bytes_per_second: float | None = None
    time_left: TimeLeft | None = None
    waits_for: str | None = None


class Board(View):
    """Data flows, the newest first.

    `next` is the `before` of the page of older ones. `position` is the `since` of the
    next look, which then tells of what has changed. `states` counts all flows there
    are.
    """

    flows: tuple[BoardFlow, ...]
    next: int | None
    position: int
    states: dict[str, int]
    lag: Lag


async def board(connection: AsyncConnection, look: Look, behind: Lag) -> Board:
    """The flows of a look; who looks again with its position misses nothing."""
    row = await (await connection.execute(_READ)).fetchone()
    values = {
        "since": look.since,
        "before": look.before,
        "since_flow": look.oldest,
        "limit": look.limit + 1,
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_ROWS, values)).fetchall()
    page, now = found[: look.limit], datetime.now(UTC)
    more = len(found) > look.limit
    return Board(
        flows=tuple(_line(each, now) for each in page),
        next=page[-1]["created_position"] if more else None,
        position=int(row[0]) if row else 0,
        states=await queries.flows_by_state(connection),
        lag=behind,
    )


def _line(row: Mapping[str, Any], now: datetime) -> BoardFlow:
    told: dict[str, Any] = {"phase": Phase.WAITING}
    if row["known"]:
        seen = outlook(row, now)
        told = {name: getattr(seen, name) for name in _OF_PROGRESS}
    return BoardFlow.model_validate(
        {
            **row,
            **told,
            "place": row["created_position"],
            "state": row["flow_state"],
            "error_code": row["flow_error_code"],
            "changed_at": row["changed_at"],
            "source": place_name(row["source"]),
            "destination": place_name(row["destination"]),
        }
    )


_OF_PROGRESS: Final = (
    *("phase", "percent", "objects_total", "objects_copied", "objects_failed"),
    *("bytes_total", "bytes_copied", "bytes_per_second", "time_left", "waits_for"),
)


def place_name(place: Mapping[str, Any] | None) -> str:
    """A side of a flow in short: `s3://bucket/prefix`; empty where nothing is known."""
    if not place or not place.get("fields"):
        return ""
    fields = place["fields"]
    path = fields.get("key") or fields.get("prefix") or ""
    if "bucket" in fields:
        return f"{place['mechanism']}://{fields['bucket']}/{path}"
    return "/".join(filter(None, (fields.get("endpoint"), path))) or place["mechanism"]
