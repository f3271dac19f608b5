"""Which chunks are written now, which wait, and which are asked to come again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from math import ceil

from domain.upload.fairness import Want
from handlers.files.uploads.metrics import UploadMetrics
from handlers.files.uploads.queue import FairQueue
from handlers.files.uploads.settings import UploadSettings
from handlers.web.problems import RefusedError

_LONGEST_RETRY_SECONDS = 30
# Of what is admitted, so many blocks of bytes move at once while users compete.
_MOVING = 2


class Admission:
    """Bounded in every direction; whoever is refused hears when to come again."""

    def __init__(self, settings: UploadSettings, metrics: UploadMetrics) -> None:
        """Nobody is here."""
        self._settings = settings
        self.patience_seconds = settings.upload_patience_seconds
        self._metrics = metrics
        self._slots = FairQueue(settings.upload_slots, settings.per_upload)
        self._moving = FairQueue(_MOVING, _MOVING)
        metrics.watch(self._slots)

    @asynccontextmanager
    async def slot(self, want: Want, *, goes_on: bool = False) -> AsyncGenerator[None]:
        """One of the places to write a chunk. Raises RefusedError 429 `upload.busy`.

        What `goes_on` is a request that had a place already: it only waits.
        """
        if not goes_on:
            self._require_room(want)
        async with self._placed(want, goes_on=goes_on) as has:
            if not has:
                raise self.busy("the queue is full")
            yield

    @asynccontextmanager
    async def _placed(self, want: Want, *, goes_on: bool) -> AsyncGenerator[bool]:
        seconds = None if goes_on else self._settings.upload_queue_seconds
        waited = asyncio.timeout(seconds)
        try:
            async with waited, self._slots.place(want) as has:
                # Its turn has come: what follows takes as long as it takes.
                waited.reschedule(None)
                yield has
        except TimeoutError:
            if not waited.expired():
                raise
            raise self.busy("no place was free in time") from None

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a place."""
        return bool(self._slots.waiting)

    @property
    def competing(self) -> bool:
        """Whether there are several users: one alone takes no turns for blocks."""
        held = self._slots.held
        return any(each.user_id != held[0].user_id for each in held)

    @asynccontextmanager
    async def moving(self, want: Want) -> AsyncGenerator[None]:
        """The turn to have a block of bytes taken."""
        async with self._moving.place(want):
            yield

    def _require_room(self, want: Want) -> None:
        settings, waiting, held = self._settings, self._slots.waiting, self._slots.held
        mine = sum(e.upload_id == want.upload_id for e in (*waiting, *held))
        if mine >= settings.upload_inflight_per_upload_max:
            raise self.busy("this upload has too many chunks on their way")
        idle = len(held) < settings.upload_slots and not waiting
        full = len(waiting) >= settings.upload_queue_max and not idle
        full = full or len(waiting) + len(held) >= settings.upload_inflight_max
        if full and not self._slots.make_room(want):
            raise self.busy("too many chunks are on their way")

    def busy(self, why: str) -> RefusedError:
        """429, with when to come again."""
        self._metrics.refused()
        ahead = len(self._slots.waiting) / self._settings.upload_slots
        seconds = min(1 + ceil(ahead), _LONGEST_RETRY_SECONDS)
        return RefusedError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "upload.busy",
            f"{why}: come again after {seconds} s",
            {"Retry-After": str(seconds)},
        )
