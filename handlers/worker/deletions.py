"""Deletes what a mirror has too much: each object only while it is still the one meant.

One DeleteObject per key, with If-Match, after a look at both sides; not DeleteObjects.
A look per key is what makes it safe at storages that ignore the condition, and an
answer per key is what the journal records; the guard keeps the number small.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from domain.errors import DataPlaneError, StorageError
from domain.segment.commands import RecordDeletions
from domain.segment.events import DeletionOutcome, Fate
from domain.transfer.deletions import Doomed
from handlers.ports import Copier, ObjectInfo
from handlers.worker.journal import Journal
from handlers.worker.slots import Slots
from handlers.worker.tries import Tries

_SLICE = 25


@runtime_checkable
class Deletable(Protocol):
    """A destination from which objects can be deleted."""

    async def delete(self, key: str, etag: str) -> None:
        """Delete the object that has this ETag; where there are versions, add a marker.

        `storage.source-changed` where the storage says that it is another by now.
        """
        ...


@dataclass(frozen=True)
class Deleter:
    """One pack; an object that cannot be deleted has its outcome, stopping no other."""

    worker: str
    copier: Copier
    journal: Journal
    slots: Slots
    tries: Tries

    async def run(self) -> None:
        """Every object without an outcome, a recorded slice at a time."""
        for slice_ in _sliced(self.journal.state.missing_deletions()):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(each)) for each in slice_]
            results = [task.result() for task in tasks]
            outcomes = tuple(r for r in results if isinstance(r, DeletionOutcome))
            if outcomes:
                record = RecordDeletions(worker=self.worker, objects=outcomes)
                await self.journal.record(record)
            for result in results:
                if isinstance(result, DataPlaneError):
                    raise result

    async def _one(self, doomed: Doomed) -> DeletionOutcome | DataPlaneError:
        """The outcome; or an error that is none, because the flow waits it out."""
        async with self.slots.slot() as slot:
            try:
                fate = await self.tries.run(lambda: self._fate(doomed))
                slot.done = True
            except DataPlaneError as error:
                return error if error.waited_out else undeleted(doomed, error)
        return DeletionOutcome(object_id=doomed.object_id, fate=fate)

    async def _fate(self, doomed: Doomed) -> Fate:
        store = self.copier.destination
        there = await _found(store.head(doomed.key))
        if there is None:
            return Fate.GONE
        if there.etag != doomed.etag or there.size_bytes != doomed.size_bytes:
            return Fate.CHANGED
        if await self._is_needed(doomed):
            return Fate.NEEDED
        if not isinstance(store, Deletable):
            raise StorageError(
                "the destination cannot be deleted from",
                code="plan.deletes-unsupported",
            )
        try:
            await store.delete(doomed.key, doomed.etag)
        except StorageError as error:
            if error.code == "storage.source-changed":
                return Fate.CHANGED
            raise
        return Fate.DELETED

    async def _is_needed(self, doomed: Doomed) -> bool:
        """Whether the source has it again, since both were compared."""
        if doomed.source_key is None:
            return False
        return await _found(self.copier.source.head(doomed.source_key)) is not None


def undeleted(doomed: Doomed, error: BaseException) -> DeletionOutcome:
    """The outcome of an object that could not be deleted."""
    code, said = "plane.internal", type(error).__name__
    if isinstance(error, DataPlaneError):
        code, said = error.code, f"{error.side}: {error.detail}"
    return DeletionOutcome(
        object_id=doomed.object_id,
        fate=Fate.FAILED,
        error=code,
        detail=f"{doomed.key}: {said}",
    )


async def _found(asked: Awaitable[ObjectInfo]) -> ObjectInfo | None:
    try:
        return await asked
    except DataPlaneError as error:
        if error.code != "storage.not-found":
            raise
        return None


def _sliced(objects: Sequence[Doomed]) -> Iterator[Sequence[Doomed]]:
    for start in range(0, len(objects), _SLICE):
        yield objects[start : start + _SLICE]
