"""When a follower reads: at once what comes alone, seldom while much comes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from eventlog.recorder import CHANNEL


@dataclass(frozen=True)
class Pace:
    """Pages that are not full are read at least `every_seconds` apart.

    What comes alone is applied at once, and many that come one by one are applied
    together; while they go on coming, up to `loaded_seconds` apart. Without any wake-up
    the log is looked at every `idle_seconds`.
    """

    idle_seconds: float = 1.0
    every_seconds: float = 0.0
    loaded_seconds: float = 0.0


async def awake(
    listener: AsyncConnection,
    pace: Pace,
    wanted: Callable[[str], bool],
    step: Callable[[], Awaitable[bool]],
) -> None:
    """Step whenever there may be something, until cancelled.

    `wanted` tells of the topics of a wake-up; `step` whether there is more at once.
    """
    await listener.execute(SQL("LISTEN {}").format(Identifier(CHANNEL)))
    pause = pace.every_seconds
    while True:
        began = time.monotonic()
        if await step():
            continue
        await _wait(listener, pace, wanted)
        waited = time.monotonic() - began
        await asyncio.sleep(max(0.0, pause - waited))
        loaded = waited < pace.loaded_seconds
        longer = min(2 * pause, pace.loaded_seconds) if loaded else 0.0
        pause = max(longer, pace.every_seconds)


async def _wait(
    listener: AsyncConnection, pace: Pace, wanted: Callable[[str], bool]
) -> None:
    # The timeout also covers a notification that came between read and LISTEN.
    async with aclosing(listener.notifies(timeout=pace.idle_seconds)) as notices:
        async for each in notices:
            if wanted(each.payload):
                return
