"""Copies a pack of small objects, each in one piece."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.errors import DataPlaneError, Side
from domain.segment.commands import RecordObjects
from domain.segment.events import ObjectOutcome, Verdict
from domain.transfer.events import PlannedObject, Route
from handlers.ports import Copied, Copier, ObjectInfo
from handlers.worker.journal import Journal
from handlers.worker.retry import retried

_SLICE = 25
# Any other ETag may be equal by chance, or by two servers' counting alike.
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class PackCopier:
    """One pack; an object that cannot be copied gets its outcome, stopping no other."""

    worker: str
    copier: Copier
    journal: Journal
    route: Route
    slots: asyncio.Semaphore
    attempts: int

    async def run(self) -> None:
        """Every object without an outcome, a recorded slice at a time."""
        # Only the slice in flight can have been left unrecorded by an earlier lease.
        suspect = self.journal.state.leases > 1
        for slice_ in _sliced(self.journal.state.missing_objects()):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(each, suspect)) for each in slice_]
            outcomes = tuple(task.result() for task in tasks)
            await self.journal.record(
                RecordObjects(worker=self.worker, objects=outcomes)
            )
            suspect = False

    async def _one(self, planned: PlannedObject, suspect: bool) -> ObjectOutcome:  # noqa: FBT001
        async with self.slots:
            try:
                if suspect and (adopted := await self._adopted(planned)):
                    return adopted
                copied = await retried(self.attempts, lambda: self._copy(planned))
            except DataPlaneError as error:
                return failed(planned, error.code, f"{error.side}: {error.detail}")
        return _outcome(planned, copied)

    async def _copy(self, planned: PlannedObject) -> Copied:
        source = ObjectInfo(
            key=planned.source_key,
            size_bytes=planned.size_bytes,
            etag=planned.etag,
            version_id=planned.version_id,
        )
        if self.route is Route.COPY_OBJECT:
            return await self.copier.copy_object(source, planned.destination_key)
        return await self.copier.relay_object(source, planned.destination_key)

    async def _adopted(self, planned: PlannedObject) -> ObjectOutcome | None:
        """The object at the destination, if it is the pinned one.

        Both were put in one piece when their ETags are plain MD5s, and only then do
        equal ETags prove equal bytes.
        """
        try:
            there = await self.copier.destination.head(planned.destination_key)
        except DataPlaneError as error:
            if error.code == "storage.not-found" and error.side is Side.DESTINATION:
                return None
            raise
        same = there.size_bytes == planned.size_bytes and there.etag == planned.etag
        if not same or not _MD5.fullmatch(there.etag):
            return None
        copied = Copied(there.etag, there.crc64nvme or "", proven=True)
        return _outcome(planned, copied).model_copy(update={"adopted": True})


def failed(planned: PlannedObject, code: str, detail: str) -> ObjectOutcome:
    """The outcome of an object that could not be copied."""
    return ObjectOutcome(
        object_id=planned.object_id,
        size_bytes=planned.size_bytes,
        error=code,
        detail=detail,
    )


def _outcome(planned: PlannedObject, copied: Copied) -> ObjectOutcome:
    same = copied.etag == planned.etag and _MD5.fullmatch(copied.etag)
    verdict = Verdict.UNVERIFIABLE if copied.doubt else Verdict.SIZE_ONLY
    if copied.proven or same:
        verdict = Verdict.VERIFIED
    return ObjectOutcome(
        object_id=planned.object_id,
        size_bytes=planned.size_bytes,
        etag=copied.etag,
        crc64nvme=copied.crc64nvme,
        verdict=verdict,
        detail=copied.doubt or None,
    )


def _sliced(objects: Sequence[PlannedObject]) -> Iterator[Sequence[PlannedObject]]:
    for start in range(0, len(objects), _SLICE):
        yield objects[start : start + _SLICE]
