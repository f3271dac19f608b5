"""What the endpoints need, made once per process and given to `create_app`."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request

from gateway.bus import Bus
from gateway.metrics import Metrics
from gateway.roll import Roll
from gateway.settings import Settings

_READERS = 8
_SECONDS = 3.0


@dataclass(frozen=True)
class Dependencies:
    """The broker, the database, the settings; none of them connected yet."""

    settings: Settings
    bus: Bus
    pool: AsyncConnectionPool
    metrics: Metrics = field(default_factory=Metrics)
    roll: Roll = field(default_factory=Roll)
    # Set when the process is to end: streams without an end must end themselves.
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(cls, settings: Settings) -> "Dependencies":
        """Those that the settings name."""
        bus = Bus(settings.nats_url, settings.command_timeout_seconds)
        pool: AsyncConnectionPool = AsyncConnectionPool(
            settings.database_url,
            min_size=1,
            max_size=_READERS,
            kwargs={"autocommit": True},
            # A connection of before the database's restart is found out and replaced.
            check=AsyncConnectionPool.check_connection,
            timeout=_SECONDS,
            # Short, so that a database that comes back is found soon.
            reconnect_timeout=_SECONDS,
            open=False,
        )
        return cls(settings, bus, pool)


def _of_app(request: Request) -> Dependencies:
    return cast("Dependencies", request.app.state.dependencies)


Here = Annotated[Dependencies, Depends(_of_app)]
