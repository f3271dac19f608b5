"""What was served, summed up per object, and recorded once it is quiet."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

from domain.data_flow import DataFlow
from domain.delivery.events import ObjectServed
from domain.errors import VersionConflictError
from domain.message import Event
from domain.names import delivery_stream
from eventlog import Append, EventLog
from handlers.causes import DATABASE_DOWN
from handlers.door.receptions import cause_of
from handlers.web.edge import Serving

_log = logging.getLogger(__name__)

# A reader of ranges makes thousands of requests: an event sums up those that follow
# one another at once, but never more than so many seconds of them.
_QUIET_SECONDS = 1.0
_LONGEST_SECONDS = 15.0
_LOOK_SECONDS = 0.25


@dataclass
class _Total:
    flow: DataFlow
    since: float
    last: float
    open: int = 0
    requests: int = 0
    size_bytes: int = 0
    complete: int = 0
    broken_by: str = ""


@dataclass(frozen=True)
class _Object:
    data_flow_id: str
    key: str
    etag: str


class Served:
    """The totals of this process, until the log has them."""

    def __init__(self, log: EventLog) -> None:
        """Keep `run` running."""
        self._log = log
        self._door = uuid4().hex
        self._totals: dict[_Object, _Total] = {}
        self._versions: dict[str, int] = {}
        self._order = asyncio.Lock()

    @asynccontextmanager
    async def counted(
        self, flow: DataFlow, key: str, etag: str
    ) -> AsyncGenerator[Serving]:
        """Count what the block serves, however it ends."""
        name = _Object(flow.data_flow_id, key, etag)
        now = time.monotonic()
        total = self._totals.setdefault(name, _Total(flow, now, now))
        total.open += 1
        serving = Serving()
        try:
            yield serving
        finally:
            total.open -= 1
            total.last = time.monotonic()
            total.requests += 1
            total.size_bytes += serving.size_bytes
            total.complete += serving.complete
            total.broken_by = serving.broken_by or total.broken_by
            # It may have been recorded, and forgotten, while this one went on.
            self._totals.setdefault(name, total)

    async def run(self) -> None:
        """Until cancelled: record what has become quiet, or was long enough loud."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with suppress(*DATABASE_DOWN):
                await self._record(self._due())

    async def close(self) -> None:
        """Record the rest."""
        with suppress(*DATABASE_DOWN):
            await self._record(list(self._totals))

    def _due(self) -> list[_Object]:
        now = time.monotonic()
        return [
            name
            for name, total in self._totals.items()
            if total.requests
            and (
                (not total.open and now - total.last >= _QUIET_SECONDS)
                or now - total.since >= _LONGEST_SECONDS
            )
        ]

    async def _record(self, names: list[_Object]) -> None:
        async with self._order:
            for name in names:
                total = self._totals.get(name)
                if total is not None and total.requests:
                    await self._store(name, total)

    async def _store(self, name: _Object, total: _Total) -> None:
        event = ObjectServed(
            data_flow_id=name.data_flow_id,
            key=name.key,
            etag=name.etag,
            requests=total.requests,
            size_bytes=total.size_bytes,
            complete=total.complete,
            broken_by=total.broken_by,
        )
        flow = name.data_flow_id
        stream, version = delivery_stream(flow, self._door), self._versions.get(flow, 0)
        cause = cause_of(total.flow, f"served/{self._door}/{version}")
        stored: list[Event] = [event]
        try:
            await self._log.append(cause, Append(stream, version, stored))
        except VersionConflictError:
            # Nobody else writes here: it was stored before, and the answer was lost.
            found = await self._log.load(stream, after_version=version)
            stored = [each.event for each in found]
        self._versions[flow] = version + len(stored)
        for each in stored:
            assert isinstance(each, ObjectServed)  # noqa: S101 (its stream)
            self._settle(each)

    def _settle(self, event: ObjectServed) -> None:
        """Take off what is recorded: more may have come while it was stored."""
        name = _Object(event.data_flow_id, event.key, event.etag)
        total = self._totals.get(name)
        if total is None:
            return
        total.requests -= event.requests
        total.size_bytes -= event.size_bytes
        total.complete -= event.complete
        total.broken_by = ""
        total.since = time.monotonic()
        if not total.open and not total.requests:
            self._totals.pop(name)
