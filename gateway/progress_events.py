"""A flow's progress as server-sent events."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

import psycopg

from gateway.dependencies import Dependencies
from projections import queries
from projections.flow_states import FINAL_STATES
from projections.progress_row import Phase
from projections.views import Progress

# Ticks are throw-away: what a lost one would have told is seen this much later.
_POLL_SECONDS = 1.0
_FASTEST_SECONDS = 0.1
_HEARTBEAT_SECONDS = 15.0


async def progress_events(data_flow_id: str, here: Dependencies) -> AsyncGenerator[str]:
    """Each change of the row as `progress`; `end` when the flow is final or errored.

    Where the database goes, the stream just ends: a browser then comes again.
    """
    async with here.bus.ticks(data_flow_id) as news:
        shown: Progress | None = None
        sent = time.monotonic()
        while not here.closing.is_set():
            news.clear()
            found = await _read(data_flow_id, here)
            if found is None:
                return
            if found != shown:
                yield _event("progress", found)
                shown, sent = found, time.monotonic()
            if found.state in FINAL_STATES or found.phase == Phase.ERRORED:
                yield _event("end", found)
                return
            if time.monotonic() - sent > _HEARTBEAT_SECONDS:
                yield ": still there\n\n"
                sent = time.monotonic()
            await _wait(news)


async def _read(data_flow_id: str, here: Dependencies) -> Progress | None:
    try:
        async with here.pool.connection() as connection:
            return await queries.progress(connection, data_flow_id)
    except psycopg.Error:
        return None


async def _wait(news: asyncio.Event) -> None:
    # Not more often than an eye can follow, whatever the number of ticks.
    await asyncio.sleep(_FASTEST_SECONDS)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(news.wait(), _POLL_SECONDS - _FASTEST_SECONDS)


def _event(name: str, progress: Progress) -> str:
    data = progress.model_dump_json()
    return f"event: {name}\nid: {progress.position}\ndata: {data}\n\n"
