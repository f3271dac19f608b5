"""What is known of endpoints, as the gateway shows it."""

from typing import Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.views import Lag, Moment, View

_ENDPOINTS: Final[LiteralString] = (
    "SELECT * FROM read_model.endpoint_health ORDER BY endpoint LIMIT 1000"
)
_PAIRS: Final[LiteralString] = (
    "SELECT * FROM read_model.endpoint_pair ORDER BY source, destination LIMIT 1000"
)
_AWAY: Final[LiteralString] = (
    "SELECT count(*) FROM read_model.endpoint_health WHERE circuit = 'open'"
)
_AT_ONCE: Final[LiteralString] = (
    "SELECT coalesce(max(requests_at_once), 0) FROM read_model.endpoint_pair"
)


class Endpoint(View):
    """A storage endpoint, as the worker that spoke last told of it.

    `capabilities`: by name, whether it can; what was not seen yet is not in it.
    `circuit` is `open` while it is left alone because it is away. `requests_at_once`
    is null where it never asked for less.
    """

    endpoint: str
    capabilities: dict[str, bool]
    learned_at: Moment | None
    circuit: str
    circuit_reason: str | None
    circuit_at: Moment | None
    requests_at_once: int | None
    pace_reason: str | None
    paced_at: Moment | None


class EndpointPair(View):
    """How many at once were found to help between two endpoints, by one worker."""

    source: str
    destination: str
    requests_at_once: int
    reason: str
    requests_per_second: float
    bytes_per_second: float
    worker: str
    tuned_at: Moment


class EndpointList(View):
    """All endpoints and pairs of which something was seen; at most 1000 of each."""

    endpoints: tuple[Endpoint, ...]
    pairs: tuple[EndpointPair, ...]
    lag: Lag


async def endpoints(connection: AsyncConnection, behind: Lag) -> EndpointList:
    """All of them, by name."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_ENDPOINTS)).fetchall()
        pairs = await (await cursor.execute(_PAIRS)).fetchall()
    return EndpointList(
        endpoints=tuple(map(Endpoint.model_validate, found)),
        pairs=tuple(map(EndpointPair.model_validate, pairs)),
        lag=behind,
    )


async def endpoints_away(connection: AsyncConnection) -> int:
    """How many endpoints a worker leaves alone."""
    row = await (await connection.execute(_AWAY)).fetchone()
    return int(row[0]) if row else 0


async def most_at_once(connection: AsyncConnection) -> int:
    """The most that any pair of endpoints was found to be worth; 0: none was."""
    row = await (await connection.execute(_AT_ONCE)).fetchone()
    return int(row[0]) if row else 0
