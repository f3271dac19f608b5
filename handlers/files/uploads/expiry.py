"""Ends the uploads that nobody came back to, and finishes those that a crash left."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import DataPlaneError
from domain.upload import Phase
from eventlog import Follower
from handlers.causes import DATABASE_DOWN
from handlers.files.uploads import rows
from handlers.files.uploads.completing import Completing
from handlers.files.uploads.service import Uploads
from handlers.web.problems import RefusedError

_log = logging.getLogger(__name__)

_MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Expiry:
    """Both duties may run in every process: one of them follows, whoever sweeps."""

    uploads: Uploads
    completing: Completing

    def follower(self) -> Follower:
        """Keeps the rows; one active instance, the others stand by."""
        pool = self.uploads.house.log.pool
        return Follower(pool, "uploads", "uploads", rows.apply, topics=rows.TOPICS)

    async def run(self) -> None:
        """Until cancelled; at its start at once."""
        while True:
            try:
                await self.sweep()
            except DATABASE_DOWN as error:
                fields = {"why": type(error).__name__}
                _log.warning("sweep put off", extra={"fields": fields})
            await asyncio.sleep(self.uploads.settings.upload_sweep_seconds)

    async def sweep(self) -> list[str]:
        """One look at all that is due; returns the uploads that are over now."""
        over: list[str] = []
        pool, place = self.uploads.house.log.pool, rows.BEGINNING
        while page := await rows.due(pool, place, _MOST_AT_ONCE):
            over += [name for _, name in page if await self._tried(name)]
            place = page[-1]
        return over

    async def _tried(self, upload_id: str) -> bool:
        """Whether it is over. One that cannot be ended now keeps no other waiting."""
        try:
            return await self._ended(upload_id)
        except (DataPlaneError, RefusedError) as error:
            fields = {"upload_id": upload_id, "code": error.code}
            _log.info("upload left for later", extra={"fields": fields})
            return False

    async def _ended(self, upload_id: str) -> bool:
        # The rows may be behind: the journal decides.
        entry = await self.uploads.journals.read(upload_id)
        cause = f"upload/{upload_id}"
        if entry.state.phase is Phase.SEALED:
            await self.completing.complete(upload_id, cause)
            return True
        expired = entry.expires_at <= datetime.now(UTC)
        if entry.state.phase is not Phase.OPEN or not expired:
            return False
        async with self.uploads.holds.alone(upload_id):
            again = await self.uploads.journals.read(upload_id)
            if again.version != entry.version:
                return False
            await self.uploads.abort_held(upload_id, "expired", cause)
        _log.info("upload expired", extra={"fields": {"upload_id": upload_id}})
        return True
