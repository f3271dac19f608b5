"""Keeps every read model up to date until told to stop."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable

from psycopg_pool import AsyncConnectionPool

from eventlog import Follower
from eventlog.convoy import Convoy
from projections.catalogue import READ_MODELS
from projections.notary.running import notary_of
from projections.pool import make_pool
from projections.read_model import LIVE, PACE, ReadModel
from projections.settings import Settings
from projections.ticks import Ticks

log = logging.getLogger(__name__)

_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 5.0


async def run(settings: Settings) -> None:
    """Follow with all read models until SIGTERM or SIGINT.

    A follower that fails (the database is gone, another one has taken over) is started
    again; a page that was in hand when we are stopped is rolled back, and read again.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Ticks.open(settings.nats_url) as ticks:
        # The convoy listens on one connection and works on another; so does the notary.
        pool = make_pool(settings.database_url, 6)
        await pool.open(wait=False)
        try:
            followers = [_follower(pool, ticks, each) for each in READ_MODELS.values()]
            convoy = Convoy(pool, LIVE, followers, PACE)
            async with notary_of(settings, pool) as notary:
                log.info("projector started")
                sealing = [supervise(each.name, each.run) for each in notary]
                reading = supervise("read models", convoy.run)
                await _run_until(stop, [reading, *sealing])
        finally:
            await pool.close()
            log.info("projector stopped")


async def supervise(name: str, follow: Callable[[], Awaitable[None]]) -> None:
    """Run for ever: an exception costs a pause, longer each time, and a log line."""
    delay = _FIRST_DELAY_SECONDS
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        try:
            await follow()
        except Exception as error:  # noqa: BLE001 (nothing may end the supervision)
            fields = {"projection": name, "error": f"{type(error).__name__}: {error}"}
            log.warning("follower failed", extra={"fields": fields})
        if loop.time() - started > _LONGEST_DELAY_SECONDS:
            delay = _FIRST_DELAY_SECONDS
        await asyncio.sleep(delay)
        delay = min(delay * 2, _LONGEST_DELAY_SECONDS)


def _follower(pool: AsyncConnectionPool, ticks: Ticks, model: ReadModel) -> Follower:
    # Whoever waits for a tick reads the progress: the other models need not tick.
    applied = ticks.publish if model.name == "transfer_progress" else None
    return model.follower(pool, LIVE, applied)


async def _run_until(stop: asyncio.Event, running: Iterable[Awaitable[None]]) -> None:
    tasks = [asyncio.ensure_future(each) for each in running]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
