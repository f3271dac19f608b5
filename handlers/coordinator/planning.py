"""One run over a listing: pins, creates uploads, cuts into segments."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from domain import transfer
from domain.data_flow import DataFlow
from domain.location import Location
from domain.mechanisms.keys import destination_key
from domain.names import segment_stream, transfer_stream
from domain.segment.events import SegmentPlanned, Work
from domain.transfer import Transfer
from domain.transfer.events import (
    MultipartUploadCreated,
    ObjectPlanned,
    PagePlanned,
    PlannedObject,
    Route,
    TransferPlanned,
    TransferPlanningStarted,
)
from domain.transfer.plan import (
    Listed,
    PagePlan,
    Policy,
    pack_work,
    parts_of,
    parts_work,
    plan_page,
)
from eventlog import Append, EventLog
from handlers.coordinator.transfers import abort_strays, caused_by
from handlers.ports import Copier
from handlers.worker.retry import retried

_T = TypeVar("_T")

_PAGE_OBJECTS = 1000
_UPLOADS_AT_ONCE = 8
_ATTEMPTS = 6


class Planning:
    """One run over the rest of a listing; the only writer of the transfer's stream."""

    def __init__(
        self,
        log: EventLog,
        flow: DataFlow,
        copier: Copier,
        state: Transfer,
        version: int,
    ) -> None:
        """`state` and `version` are the transfer's, as its stream holds them."""
        self._log = log
        self._flow = flow
        self._id = flow.data_flow_id
        self._copier = copier
        self._policy = Policy(flow.options, copier.same_endpoint)
        self._state = state
        self._version = version
        self._order = asyncio.Lock()
        # What was decided before a crash; an upload of it may exist unrecorded.
        self._recovered = dict(state.pending)

    async def run(self) -> None:
        """To the end of the listing. Raises DataPlaneError, perhaps in a group."""
        if not self._state.started:
            reason = self._policy.reason
            await self._append(
                TransferPlanningStarted(data_flow_id=self._id, route_reason=reason)
            )
        done = self._state.pages > 0 and self._state.cursor is None
        while not done:
            done = await self._page(self._state.pages)
        totals = self._state
        await self._append(
            TransferPlanned(
                data_flow_id=self._id,
                objects=totals.objects,
                size_bytes=totals.size_bytes,
                parts=totals.parts,
                segments=totals.segments,
            )
        )

    async def _page(self, page: int) -> bool:
        cursor = self._state.cursor
        listed = await retried(
            _ATTEMPTS, lambda: self._copier.source.list_page(cursor, _PAGE_OBJECTS)
        )
        pinned = [
            Listed(each.key, each.size_bytes, each.etag, each.version_id)
            for each in listed.objects
        ]
        plan = plan_page(page, pinned, self._destination, self._policy)
        # An object may have changed since the crash: what was decided stays decided.
        large = [_kept(self._recovered, each) for each in plan.large]
        uploads = await self._uploads(large)
        await self._record_page(page, listed.cursor, plan, large, uploads)
        self._recovered = {}
        return listed.cursor is None

    async def _uploads(self, large: Sequence[PlannedObject]) -> dict[str, str]:
        fresh = [each for each in large if each.object_id not in self._state.pending]
        before = await _gathered(fresh, self._unfinished)
        events = [
            ObjectPlanned(
                data_flow_id=self._id,
                object=each,
                route=self._policy.part_route,
                uploads_before=tuple(found),
            )
            for each, found in zip(fresh, before, strict=True)
        ]
        await self._append(*events)
        missing = [e for e in large if e.object_id not in self._state.uploads]
        await _gathered(missing, self._create)
        return dict(self._state.uploads)

    async def _create(self, planned: PlannedObject) -> None:
        decided = self._recovered.get(planned.object_id)
        if decided is not None:
            await abort_strays(self._copier.destination, decided)
        # A listing tells no content type and no metadata.
        like = await retried(
            _ATTEMPTS, lambda: self._copier.source.head(planned.source_key)
        )
        upload_id = await retried(
            _ATTEMPTS,
            lambda: self._copier.destination.create_upload(
                planned.destination_key, like
            ),
        )
        await self._append(
            MultipartUploadCreated(
                data_flow_id=self._id,
                object_id=planned.object_id,
                destination_key=planned.destination_key,
                upload_id=upload_id,
            )
        )

    async def _unfinished(self, planned: PlannedObject) -> Sequence[str]:
        key = planned.destination_key
        return await retried(
            _ATTEMPTS, lambda: self._copier.destination.list_uploads(key)
        )

    async def _record_page(
        self,
        page: int,
        cursor: str | None,
        plan: PagePlan,
        large: Sequence[PlannedObject],
        uploads: dict[str, str],
    ) -> None:
        segments: list[tuple[str, Route, Work]] = [
            (name, self._policy.part_route, work)
            for each in large
            for name, work in parts_work(each, uploads[each.object_id])
        ]
        segments += [
            (name, self._policy.whole_route, work)
            for name, work in pack_work(page, plan.packs)
        ]
        objects = [*large, *(each for pack in plan.packs for each in pack)]
        planned = PagePlanned(
            data_flow_id=self._id,
            page=page,
            cursor=cursor,
            objects=len(objects),
            size_bytes=sum(each.size_bytes for each in objects),
            parts=sum(parts_of(each) for each in large),
            segments=tuple(name for name, _, _ in segments),
        )
        await self._append(planned, journals=segments)

    def _destination(self, source_key: str) -> str | None:
        return destination_key(
            source_key,
            source_prefix=_field(self._flow.source, "prefix"),
            to_key=_field(self._flow.destination, "key"),
            to_prefix=_field(self._flow.destination, "prefix"),
        )

    async def _append(
        self,
        *events: transfer.TransferEvent,
        journals: Sequence[tuple[str, Route, Work]] = (),
    ) -> None:
        if not events:
            return
        storing = asyncio.create_task(self._store(events, journals))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            # Who comes next must find it stored, or never hear of it.
            await asyncio.wait({storing})
            raise

    async def _store(
        self,
        events: Sequence[transfer.TransferEvent],
        journals: Sequence[tuple[str, Route, Work]],
    ) -> None:
        appends = [self._born(name, route, work) for name, route, work in journals]
        # Uploads are recorded by several tasks at once.
        async with self._order:
            stream = transfer_stream(self._id)
            own = Append(stream, self._version, events)
            await self._log.append(caused_by(self._id, "planner"), own, *appends)
            self._version += len(events)
            for event in events:
                self._state = transfer.evolve(self._state, event)

    def _born(self, segment_id: str, route: Route, work: Work) -> Append:
        event = SegmentPlanned(
            data_flow_id=self._id, segment_id=segment_id, route=route, work=work
        )
        return Append(segment_stream(self._id, segment_id), 0, (event,))


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


def _field(location: Location | None, name: str) -> str | None:
    # Every mechanism's template names an object by `key` or a group by `prefix`.
    value = location.fields.get(name) if location else None
    return value if isinstance(value, str) else None


def _kept(decided: dict[str, ObjectPlanned], planned: PlannedObject) -> PlannedObject:
    known = decided.get(planned.object_id)
    return known.object if known else planned
