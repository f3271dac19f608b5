"""Removes what crashes have left: staged bytes without an upload, bytes without a file.

What is young is left alone: it may be on its way. Safe to run in several processes.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.errors import DataPlaneError
from handlers.causes import DATABASE_DOWN
from handlers.files.metrics import Metrics
from handlers.files.service import Files

_log = logging.getLogger(__name__)

# A look at every file is long; a stray one is not in anybody's way.
_SWEEP_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Reaper:
    """`lives` says whether an upload may still go on, by its id."""

    files: Files
    lives: Callable[[str], Awaitable[bool]]
    metrics: Metrics
    every_seconds: float
    after_seconds: float

    async def run(self) -> None:
        """Until cancelled. Looks at all files at its start, then once a day."""
        sweeps_at = [0.0, time.monotonic() + self.after_seconds + self.every_seconds]
        while True:
            try:
                await self.reap_staged()
                if time.monotonic() >= sweeps_at[0]:
                    await self.sweep()
                    sweeps_at.pop(0)
                    sweeps_at.append(time.monotonic() + _SWEEP_SECONDS)
            except (*DATABASE_DOWN, DataPlaneError) as error:
                fields = {"why": type(error).__name__}
                _log.warning("reaping put off", extra={"fields": fields})
            await asyncio.sleep(self.every_seconds)

    async def reap_staged(self) -> list[str]:
        """The temporary area; returns the uploads that had left something."""
        gone: list[str] = []
        for staging in await self.files.store.staged(self.after_seconds):
            if await self.lives(staging.upload_id):
                continue
            if await self.files.reap(staging):
                gone.append(staging.upload_id)
                self._told("staged", staging.upload_id)
        return gone

    async def sweep(self) -> list[str]:
        """All that stands; returns the places that nobody had recorded."""
        gone: list[str] = []
        async for each in self.files.store.standing(self.after_seconds):
            if not await self.files.is_stray(each.file_id, each.place):
                continue
            # A completion that was killed goes on from them.
            if each.upload_id and await self.lives(each.upload_id):
                continue
            if await self.files.remove_stray(each):
                gone.append(each.place)
                self._told("stray", each.place)
        return gone

    def _told(self, what: str, name: str) -> None:
        self.metrics.reaped.labels(what).inc()
        _log.info("removed what nobody has", extra={"fields": {what: name}})
