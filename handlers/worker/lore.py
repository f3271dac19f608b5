"""What endpoints were seen to be able to do: recorded once, and when it changes."""

import contextlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from domain import endpoint, names
from domain.endpoint import Capabilities
from domain.errors import VersionConflictError
from domain.limits.scopes import endpoint_scope
from domain.message import Cause
from eventlog import Append, EventLog
from handlers.capabilities import capabilities
from handlers.causes import DATABASE_DOWN
from handlers.ports import DestinationStore

_log = logging.getLogger(__name__)

_ATTEMPTS = 4
# What goes to and fro, as where buckets differ, is no news each time.
_CALM_SECONDS = 60.0


@runtime_checkable
class Learns(Protocol):
    """A destination that knows what its endpoint was seen to be able to do."""

    @property
    def learned(self) -> Mapping[str, bool]:
        """By name; what was not seen yet is not in it."""
        ...


@dataclass
class Lore:
    """Of all endpoints that this process writes to."""

    worker: str
    log: EventLog
    _known: dict[str, Capabilities] = field(default_factory=dict[str, Capabilities])
    _told_at: dict[str, float] = field(default_factory=dict[str, float])

    async def note(self, name: str, store: DestinationStore) -> None:
        """Record what is new of the endpoint. If that cannot be done now, later."""
        if not isinstance(store, Learns):
            return
        seen = dict(store.learned)
        known = self._known.get(name, endpoint.INITIAL)
        if not endpoint.decide(name, seen, known):
            return
        calm = time.monotonic() - self._told_at.get(name, -_CALM_SECONDS)
        if seen.keys() <= known.keys() and calm < _CALM_SECONDS:
            return
        self._told_at[name] = time.monotonic()
        with contextlib.suppress(*DATABASE_DOWN, VersionConflictError):
            await self._record(name, seen)

    async def _record(self, name: str, seen: Capabilities) -> None:
        stream = names.endpoint_stream(name)
        for attempt in range(_ATTEMPTS):
            known, version = await capabilities(self.log, name)
            events = endpoint.decide(name, seen, known)
            try:
                if events:
                    await self.log.append(
                        self._cause(name), Append(stream, version, events)
                    )
            except VersionConflictError:
                if attempt + 1 < _ATTEMPTS:
                    continue
                raise
            self._known[name] = {**known, **seen}
            for event in events:
                fields = {"endpoint": name, **event.capabilities}
                _log.info(event.TOPIC, extra={"fields": fields})
            return

    def _cause(self, name: str) -> Cause:
        return Cause(
            causation_id=f"seen:{name}",
            correlation_id=endpoint_scope(name),
            actor=self.worker,
            occurred_at=datetime.now(UTC),
        )
