"""Reads and writes the journals of uploads."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain import upload
from domain.errors import DataPlaneError, VersionConflictError
from domain.message import Cause, Recorded
from domain.names import upload_stream
from domain.upload import Phase, Upload
from domain.upload.commands import BeginUpload, UploadCommand
from eventlog import Append, EventLog

_ATTEMPTS = 20
_MOST_KEPT = 1024
_LATELY_SECONDS = 5.0
_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Entry:
    """An upload as far as it was read; `touched_at` is when something was recorded."""

    state: Upload = upload.INITIAL
    version: int = 0
    begun_at: datetime = _NEVER
    touched_at: datetime = _NEVER

    @property
    def expires_at(self) -> datetime:
        """When it ends if nothing comes: each chunk gives it as long as at first."""
        begun = self.state.begun
        return _NEVER if begun is None else begun.expires_at + self._grown

    @property
    def _grown(self) -> timedelta:
        return self.touched_at - self.begun_at

    def after(self, recorded: Recorded) -> "Entry":
        """With one event more."""
        event, at = recorded.event, recorded.metadata.occurred_at
        assert isinstance(event, upload.UploadEvent)  # noqa: S101 (its stream)
        return self.grown((event,), at, recorded.version)

    def grown(
        self, events: tuple[upload.UploadEvent, ...], at: datetime, version: int
    ) -> "Entry":
        """With these events, the last of which has this version."""
        state = self.state
        for event in events:
            state = upload.evolve(state, event)
        begun_at = at if self.state.begun is None else self.begun_at
        return Entry(state, version, begun_at, max(at, self.touched_at))


@dataclass
class _Request:
    """A command that waits to be decided; whoever sent it waits for `entry`."""

    command: UploadCommand
    cause: Cause
    entry: "asyncio.Future[Entry]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


@dataclass
class _Journal:
    entry: Entry = field(default_factory=Entry)
    read_at: float = 0.0
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: list[_Request] = field(default_factory=list[_Request])

    @property
    def is_fresh(self) -> bool:
        """Whether it was open, and not long ago."""
        recent = _now() - self.read_at < _LATELY_SECONDS
        return recent and self.entry.state.phase is Phase.OPEN


class Journals:
    """Those of all uploads. What was read is kept, and read on: never stale."""

    def __init__(self, log: EventLog) -> None:
        """Nothing is read yet."""
        self._log = log
        self._kept: OrderedDict[str, _Journal] = OrderedDict()

    async def read(self, upload_id: str) -> Entry:
        """The upload as it is now. Raises DATABASE_DOWN."""
        journal = self._journal(upload_id)
        await self._read_on(upload_id, journal)
        # What nobody has begun, and what is over, is not worth its place.
        if journal.entry.state.phase not in (Phase.OPEN, Phase.SEALED):
            self._kept.pop(upload_id, None)
        return journal.entry

    async def lately(self, upload_id: str) -> Entry:
        """The upload as it was a moment ago, if that is known here; else as it is now.

        Good enough to decide whether a body may be read: what is recorded of it is
        decided anew, and where another process has written meanwhile, by what it wrote.
        """
        journal = self._kept.get(upload_id)
        if journal is None or not journal.is_fresh:
            return await self.read(upload_id)
        return journal.entry

    async def record(self, command: UploadCommand, cause: Cause) -> Entry:
        """Store what the command causes; returns the upload after it.

        What waits for one journal is stored together: chunks that are sent side by side
        do not wait for each other's commits. A cancelled caller stops nothing. Raises
        what `decide` raises.
        """
        journal = self._journal(command.upload_id)
        request = _Request(command, cause)
        journal.waiting.append(request)
        task = asyncio.create_task(self._record(command.upload_id, journal))
        try:
            return await asyncio.shield(request.entry)
        finally:
            # Held on to until then.
            del task

    async def _record(self, upload_id: str, journal: _Journal) -> None:
        async with journal.order:
            requests, journal.waiting = journal.waiting, []
            if not requests:
                return
            try:
                await self._stored(upload_id, journal, requests)
            except BaseException as error:
                for each in requests:
                    if not each.entry.done():
                        each.entry.set_exception(error)
                if not isinstance(error, Exception):
                    raise

    async def _stored(
        self, upload_id: str, journal: _Journal, requests: list[_Request]
    ) -> None:
        if not journal.entry.version and not _begins(requests):
            await self._read_on(upload_id, journal)
        for attempt in range(_ATTEMPTS):
            try:
                await self._appended(upload_id, journal, requests)
                break
            except VersionConflictError:
                # Another process has written.
                if attempt == _ATTEMPTS - 1:
                    raise
                await self._read_on(upload_id, journal)
        for each in requests:
            if not each.entry.done():
                each.entry.set_result(journal.entry)

    async def _appended(
        self, upload_id: str, journal: _Journal, requests: list[_Request]
    ) -> None:
        before = journal.entry
        after, events = _decided(before, requests)
        if events:
            append = Append(upload_stream(upload_id), before.version, events)
            await self._log.append(_cause_of(requests), append)
        journal.read_at = _now()
        # Meanwhile it may have been read on: then that is in it too.
        if after.version > journal.entry.version:
            journal.entry = after

    async def _read_on(self, upload_id: str, journal: _Journal) -> None:
        after, journal.read_at = journal.entry.version, _now()
        stream = upload_stream(upload_id)
        for each in await self._log.load(stream, after_version=after):
            # Meanwhile some of it may have been recorded here.
            if each.version > journal.entry.version:
                journal.entry = journal.entry.after(each)

    def _journal(self, upload_id: str) -> _Journal:
        journal = self._kept.setdefault(upload_id, _Journal())
        self._kept.move_to_end(upload_id)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return journal


def _now() -> float:
    return asyncio.get_running_loop().time()


def _begins(requests: list[_Request]) -> bool:
    return any(isinstance(each.command, BeginUpload) for each in requests)


def _decided(
    entry: Entry, requests: list[_Request]
) -> tuple[Entry, list[upload.UploadEvent]]:
    """One after the other; whoever is refused hears it, and stops nobody else."""
    events: list[upload.UploadEvent] = []
    for each in requests:
        if each.entry.done():
            continue
        try:
            decided = upload.decide(each.command, entry.state)
        except DataPlaneError as error:
            each.entry.set_exception(error)
            continue
        events += decided
        version = entry.version + len(decided)
        if decided:
            entry = entry.grown(decided, each.cause.occurred_at, version)
    return entry, events


def _cause_of(requests: list[_Request]) -> Cause:
    """Of several, what they have in common."""
    last = requests[-1]
    if len(requests) == 1:
        return last.cause
    changes = {"causation_id": f"upload/{last.command.upload_id}"}
    return last.cause.model_copy(update=changes)
