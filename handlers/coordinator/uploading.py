"""The multipart uploads of large objects: decided, created, recorded, in this order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from domain.transfer.events import (
    MultipartUploadCreated,
    ObjectPlanned,
    PlannedObject,
    Route,
)
from domain.transfer.plan import parts_work
from handlers.coordinator.transfer_writer import Birth, TransferWriter
from handlers.coordinator.transfers import abort_strays
from handlers.ports import Copier
from handlers.worker.retry import retried

_T = TypeVar("_T")

_UPLOADS_AT_ONCE = 8
_ATTEMPTS = 6
# So many objects of an approved plan are decided in one go.
_BATCH = 1000


class Uploading:
    """Creates the uploads of a transfer, each once, whatever crashes on the way."""

    def __init__(
        self, writer: TransferWriter, data_flow_id: str, copier: Copier, route: Route
    ) -> None:
        """`route` is that of parts."""
        self._writer = writer
        self._id = data_flow_id
        self._copier = copier
        self._route = route

    async def create(
        self, large: Sequence[PlannedObject], decided: Mapping[str, ObjectPlanned]
    ) -> dict[str, str]:
        """The upload id of each object; `decided` is what a crash left undone."""
        await self._decide(large, decided)
        await self._create_missing(large, decided, journals=False)
        return dict(self._writer.state.uploads)

    async def create_held(self) -> None:
        """The uploads of an approved plan, each with the journals of its parts."""
        while held := [*self._writer.state.held.values()][:_BATCH]:
            decided = dict(self._writer.state.pending)
            await self._decide(held, decided)
            await self._create_missing(held, decided, journals=True)

    async def _decide(
        self, large: Sequence[PlannedObject], decided: Mapping[str, ObjectPlanned]
    ) -> None:
        fresh = [each for each in large if each.object_id not in decided]
        before = await _gathered(fresh, self._unfinished)
        events = [
            ObjectPlanned(
                data_flow_id=self._id,
                object=each,
                route=self._route,
                uploads_before=tuple(found),
            )
            for each, found in zip(fresh, before, strict=True)
        ]
        await self._writer.append(*events)

    async def _create_missing(
        self,
        large: Sequence[PlannedObject],
        decided: Mapping[str, ObjectPlanned],
        *,
        journals: bool,
    ) -> None:
        there = self._writer.state.uploads
        missing = [each for each in large if each.object_id not in there]

        async def one(each: PlannedObject) -> None:
            upload_id = await self._begun(each, recovered=each.object_id in decided)
            created = MultipartUploadCreated(
                data_flow_id=self._id,
                object_id=each.object_id,
                destination_key=each.destination_key,
                upload_id=upload_id,
            )
            born = self.journals(each, upload_id) if journals else ()
            await self._writer.append(created, journals=tuple(born))

        await _gathered(missing, one)

    def journals(self, planned: PlannedObject, upload_id: str) -> list[Birth]:
        """What the segments of a large object begin with."""
        return [
            Birth(name, self._route, work)
            for name, work in parts_work(planned, upload_id)
        ]

    async def _begun(self, planned: PlannedObject, *, recovered: bool) -> str:
        decided = self._writer.state.pending[planned.object_id]
        destination = self._copier.destination
        # After a crash, and after an answer that was lost, there may be one of ours.
        tried = recovered

        async def created() -> str:
            nonlocal tried
            if tried:
                await abort_strays(destination, decided)
            tried = True
            return await destination.create_upload(planned.destination_key, like)

        # A listing tells no content type and no metadata.
        like = await retried(
            _ATTEMPTS, lambda: self._copier.source.head(planned.source_key)
        )
        return await retried(_ATTEMPTS, created)

    async def _unfinished(self, planned: PlannedObject) -> Sequence[str]:
        key = planned.destination_key
        return await retried(
            _ATTEMPTS, lambda: self._copier.destination.list_uploads(key)
        )


async def _gathered(
    objects: Sequence[PlannedObject], effect: Callable[[PlannedObject], Awaitable[_T]]
) -> list[_T]:
    """The effect's results, in order, a few at a time."""
    slots = asyncio.Semaphore(_UPLOADS_AT_ONCE)

    async def one(each: PlannedObject) -> _T:
        async with slots:
            return await effect(each)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(each)) for each in objects]
    return [task.result() for task in tasks]
