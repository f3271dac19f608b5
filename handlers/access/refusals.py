"""Notes every refusal of access in the log: so many a minute, and how many more."""

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from domain.access.claims import Identity
from domain.access.events import AccessRefused
from domain.errors import DataPlaneError, VersionConflictError
from domain.message import Cause
from domain.names import access_stream
from eventlog import Append, EventLog
from handlers.access.asked import Asked

_log = logging.getLogger(__name__)

_WINDOW_SECONDS = 60.0


@dataclass
class Refusals:
    """A stream a day and process, so that nobody waits for anybody else's version."""

    log: EventLog
    per_minute: int
    _recorder: str = field(default_factory=lambda: uuid.uuid4().hex)
    _day: date = date.min
    _version: int = 0
    _began: float = float("-inf")
    _noted: int = 0
    _suppressed: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def note(
        self, asked: Asked, error: DataPlaneError, identity: Identity
    ) -> None:
        """Record it, or count it where there were too many of late."""
        if not self._room():
            return
        suppressed, self._suppressed = self._suppressed, 0
        event = AccessRefused(
            door=asked.door,
            verb=asked.verb,
            data_flow_id=asked.data_flow_id,
            code=error.code,
            detail=error.detail,
            claimed=identity.claimed,
            issuer=identity.issuer,
            remote=asked.remote,
            suppressed=suppressed,
        )
        async with self._lock:
            try:
                await self._append(event)
            except VersionConflictError:
                # An append was stored although it failed: go on in another stream.
                self._recorder, self._version = uuid.uuid4().hex, 0
                await self._append(event)

    def _room(self) -> bool:
        now = time.monotonic()
        if now - self._began >= _WINDOW_SECONDS:
            self._began, self._noted = now, 0
        if self._noted < self.per_minute:
            self._noted += 1
            return True
        if not self._suppressed:
            _log.warning("too many refusals: the rest of the minute is only counted")
        self._suppressed += 1
        return False

    async def _append(self, event: AccessRefused) -> None:
        now = datetime.now(UTC)
        if now.date() != self._day:
            self._day, self._version = now.date(), 0
        stream = access_stream(self._day, self._recorder)
        cause = Cause(
            causation_id=f"access:{event.verb}",
            correlation_id=f"access/{self._day.isoformat()}",
            actor=event.remote,
            occurred_at=now,
        )
        await self.log.append(cause, Append(stream, self._version, (event,)))
        self._version += 1
