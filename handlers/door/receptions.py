"""Reads and writes the streams of uploads."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from domain import reception
from domain.data_flow import DataFlow
from domain.errors import VersionConflictError
from domain.message import Cause
from domain.names import reception_ledger, reception_stream
from domain.reception import Ledger, Upload
from domain.reception.commands import (
    AbortUpload,
    LeaveUpload,
    ReceivePart,
    UploadCommand,
)
from domain.reception.events import UploadPlanned
from eventlog import Append, EventLog

_ATTEMPTS = 20
_MOST_KEPT = 2048
ACTOR = "door"


def cause_of(flow: DataFlow, causation_id: str) -> Cause:
    """The cause of what the other side makes the door record."""
    return Cause(
        causation_id=causation_id,
        correlation_id=flow.data_flow_id,
        actor=ACTOR,
        occurred_at=datetime.now(UTC),
        agreement_id=flow.terms.agreement_id if flow.terms else "",
    )


@dataclass
class _Journal:
    """An upload, as far as it was read."""

    state: Upload = reception.INITIAL
    version: int = 0
    order: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class _Book:
    """A flow's ledger, as far as it was read."""

    state: Ledger = reception.EMPTY
    version: int = 0
    order: asyncio.Lock = field(default_factory=asyncio.Lock)


class Receptions:
    """The uploads of all flows. What was read is kept, and read on when it is old."""

    def __init__(self, log: EventLog) -> None:
        """Nothing is read yet."""
        self._log = log
        self._journals: OrderedDict[tuple[str, str], _Journal] = OrderedDict()
        self._books: OrderedDict[str, _Book] = OrderedDict()

    async def ledger(self, data_flow_id: str) -> Ledger:
        """The uploads of parts that were ever planned."""
        book = _kept(self._books, data_flow_id, _Book)
        async with book.order:
            await self._read_book(data_flow_id, book)
            return book.state

    async def plan(self, line: UploadPlanned, cause: Cause) -> None:
        """Add a line to the ledger, before anything is asked of the storage."""
        book = _kept(self._books, line.data_flow_id, _Book)
        stream = reception_ledger(line.data_flow_id)
        async with book.order:
            for attempt in range(_ATTEMPTS):
                try:
                    await self._log.append(cause, Append(stream, book.version, (line,)))
                    break
                except VersionConflictError:
                    # Another door has written: its lines first.
                    if attempt == _ATTEMPTS - 1:
                        raise
                    await self._read_book(line.data_flow_id, book)
            book.state = reception.enter(book.state, line)
            book.version += 1

    async def upload(self, data_flow_id: str, upload_id: str) -> Upload:
        """An upload as it is now."""
        journal = self._journal(data_flow_id, upload_id)
        async with journal.order:
            await self._read(data_flow_id, upload_id, journal)
            return journal.state

    async def record(self, command: UploadCommand, cause: Cause) -> Upload:
        """Store what the command causes; returns the upload after it.

        A cancelled caller does not stop that. Raises what `decide` raises.
        """
        return await asyncio.shield(asyncio.create_task(self._record(command, cause)))

    async def _record(self, command: UploadCommand, cause: Cause) -> Upload:
        flow, upload = command.data_flow_id, command.upload_id
        journal = self._journal(flow, upload)
        async with journal.order:
            reads = isinstance(command, ReceivePart | AbortUpload | LeaveUpload)
            if not journal.version and reads:
                await self._read(flow, upload, journal)
            for attempt in range(_ATTEMPTS):
                try:
                    await self._decided(journal, command, cause)
                    break
                except VersionConflictError:
                    if attempt == _ATTEMPTS - 1:
                        raise
                    await self._read(flow, upload, journal)
            return journal.state

    async def _decided(
        self, journal: _Journal, command: UploadCommand, cause: Cause
    ) -> None:
        events = reception.decide(command, journal.state)
        if not events:
            return
        stream = reception_stream(command.data_flow_id, command.upload_id)
        await self._log.append(cause, Append(stream, journal.version, events))
        for event in events:
            journal.state = reception.evolve(journal.state, event)
        journal.version += len(events)

    def _journal(self, data_flow_id: str, upload_id: str) -> _Journal:
        return _kept(self._journals, (data_flow_id, upload_id), _Journal)

    async def _read(self, flow: str, upload: str, journal: _Journal) -> None:
        stream = reception_stream(flow, upload)
        for each in await self._log.load(stream, after_version=journal.version):
            assert isinstance(each.event, reception.ReceptionEvent)  # noqa: S101 (its stream)
            journal.state = reception.evolve(journal.state, each.event)
            journal.version = each.version

    async def _read_book(self, flow: str, book: _Book) -> None:
        stream = reception_ledger(flow)
        found = await self._log.load(stream, after_version=book.version)
        lines = [each.event for each in found if isinstance(each.event, UploadPlanned)]
        if found:
            book.state = reception.enter(book.state, *lines)
            book.version = found[-1].version


_K = TypeVar("_K")
_V = TypeVar("_V")


def _kept(kept: OrderedDict[_K, _V], key: _K, make: Callable[[], _V]) -> _V:
    """The one there is, or a new one; of those that nobody uses, the newest stay."""
    if key not in kept:
        kept[key] = make()
    kept.move_to_end(key)
    if len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
    return kept[key]
