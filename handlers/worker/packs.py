"""Copies a pack of small objects, each in one piece."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass

from domain.errors import DataPlaneError, Side, StorageError
from domain.segment.commands import RecordObjects
from domain.segment.events import ObjectOutcome, Verdict
from domain.transfer.events import PlannedObject, Route
from handlers.judging import StoredWrongError, withdrawn
from handlers.ports import Copied, Copier, ObjectInfo
from handlers.worker.journal import Journal
from handlers.worker.slots import Slots
from handlers.worker.tries import AT_DESTINATION, RELAYED, Tries

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
    slots: Slots
    tries: Tries

    async def run(self) -> None:
        """Every object without an outcome; recorded a slice at a time."""
        # So many are begun and not recorded, at most: what an earlier lease may have
        # left so are the first ones.
        unrecorded = self.slots.most + _SLICE
        suspects = unrecorded if self.journal.state.leases > 1 else 0
        outcomes = _Outcomes(self.worker, self.journal, unrecorded)
        async with asyncio.TaskGroup() as group:
            for index, each in enumerate(self.journal.state.missing_objects()):
                await outcomes.room.acquire()
                if outcomes.waits_for is not None:
                    break
                one = self._one(each, index < suspects)
                group.create_task(outcomes.take(one))
        await outcomes.record()
        if outcomes.waits_for is not None:
            raise outcomes.waits_for

    async def _one(
        self,
        planned: PlannedObject,
        suspect: bool,  # noqa: FBT001
    ) -> ObjectOutcome | DataPlaneError:
        """The outcome; or an error that is none, because the flow waits it out."""
        async with self.slots.slot() as slot:
            try:
                if suspect and (adopted := await self._adopted(planned)):
                    return adopted
                cost = AT_DESTINATION if self.route is Route.COPY_OBJECT else RELAYED
                copied = await self.tries.run(lambda: self._copy(planned), cost)
                slot.done = True
            except StoredWrongError as wrong:
                return await self._withdrawn(planned, wrong)
            except DataPlaneError as error:
                return await self._met(planned, error)
        return _outcome(planned, copied)

    async def _met(
        self, planned: PlannedObject, error: DataPlaneError
    ) -> ObjectOutcome | DataPlaneError:
        """The outcome of an object that met this error at its last attempt."""
        try:
            # What stands there may be ours: the answer to an attempt was lost.
            if error.code == "storage.exists" and (
                adopted := await self._adopted(planned)
            ):
                return adopted
        except DataPlaneError as other:
            error = other
        return error if error.waited_out else failed(planned, error)

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

    async def _withdrawn(
        self, planned: PlannedObject, wrong: StoredWrongError
    ) -> ObjectOutcome | DataPlaneError:
        """The outcome of an object that was stored wrong at every attempt."""
        store = self.copier.destination

        key = planned.destination_key
        try:
            error: DataPlaneError = await self.tries.run(
                lambda: withdrawn(store, key, wrong), AT_DESTINATION
            )
        except DataPlaneError as stays:
            if stays.waited_out:
                return stays
            error = StorageError(
                f"{wrong.detail}; it STAYS at the destination"
                f" ({stays.code}: {stays.detail})",
                code=wrong.code,
                side=wrong.side,
            )
        return failed(planned, error)

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


class _Outcomes:
    """Those of a pack, recorded a slice at a time while other objects move on.

    `room` is for what is begun and not recorded; `waits_for` is the error that the flow
    waits out, so that no more is to be begun.
    """

    def __init__(self, worker: str, journal: Journal, unrecorded: int) -> None:
        """There are none; at most so many may be unrecorded."""
        self.room = asyncio.Semaphore(unrecorded)
        self.waits_for: DataPlaneError | None = None
        self._worker = worker
        self._journal = journal
        self._here: list[ObjectOutcome] = []

    async def take(self, one: Awaitable[ObjectOutcome | DataPlaneError]) -> None:
        """This one too, when it is there."""
        outcome = await one
        if not isinstance(outcome, ObjectOutcome):
            self.waits_for = self.waits_for or outcome
            self.room.release()
            return
        self._here.append(outcome)
        if len(self._here) >= _SLICE:
            await self.record()

    async def record(self) -> None:
        """What is here. Raises FencedError."""
        taken, self._here = tuple(self._here), []
        if taken:
            record = RecordObjects(worker=self._worker, objects=taken)
            await self._journal.record(record)
        for _ in taken:
            self.room.release()


def failed(planned: PlannedObject, error: BaseException) -> ObjectOutcome:
    """The outcome of an object that could not be copied."""
    code, detail = told(planned, error)
    return ObjectOutcome(
        object_id=planned.object_id,
        size_bytes=planned.size_bytes,
        error=code,
        detail=detail,
    )


def told(planned: PlannedObject, error: BaseException) -> tuple[str, str]:
    """The code, and which object failed on which side, and why."""
    if isinstance(error, DataPlaneError):
        detail = f"{planned.source_key}: {error.side}: {error.detail}"
        return error.code, detail
    return "plane.internal", f"{planned.source_key}: {type(error).__name__}"


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
        route=copied.route,
    )
