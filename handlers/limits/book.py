"""The limits as the log has them: read on from where the last reading ended."""

import asyncio
from dataclasses import dataclass, field

from domain import limits
from domain.limits import AllLimits, LimitsChanged
from domain.names import limits_stream
from eventlog import EventLog


@dataclass
class Book:
    """`version` is that of the last change; None before the first reading."""

    log: EventLog
    known: AllLimits = field(default_factory=lambda: limits.INITIAL)
    version: int | None = None
    _order: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> bool:
        """Read what is new; whether there was any. Raises DATABASE_DOWN."""
        async with self._order:
            after = self.version or 0
            recorded = await self.log.load(limits_stream(), after_version=after)
            for each in recorded:
                assert isinstance(each.event, LimitsChanged)  # noqa: S101 (its stream)
                self.known = limits.evolve(self.known, each.event)
            first = self.version is None
            self.version = recorded[-1].version if recorded else after
            return first or bool(recorded)
