"""What the endpoints need, made once per process and given to `create_app`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, ParamSpec, TypeVar, cast

from fastapi import Depends
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request

from gateway.bus import Bus
from gateway.metrics import Metrics
from gateway.roll import Roll
from gateway.settings import Settings

_P = ParamSpec("_P")
_T = TypeVar("_T")
_READERS = 8
_SECONDS = 3.0
# More would only take turns, and all others wait longer for theirs.
_FOLDS = 2


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
    folds: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_FOLDS))

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

    async def folded(
        self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do a piece of work on events in a thread, with few others at a time.

        It takes longer than other requests should wait, and must not take all threads.
        """
        async with self.folds:
            return await asyncio.to_thread(work, *args, **kwargs)


def _of_app(request: Request) -> Dependencies:
    return cast("Dependencies", request.app.state.dependencies)


Here = Annotated[Dependencies, Depends(_of_app)]
