"""One run over a listing: pins, creates uploads, cuts into segments."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError
from domain.location import Location
from domain.mechanisms.keys import destination_key
from domain.segment.events import Work
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
from handlers.causes import first_cause
from handlers.coordinator.transfer_writer import TransferWriter
from handlers.coordinator.transfers import abort_strays
from handlers.ports import Copier
from handlers.worker.retry import retried

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

_PAGE_OBJECTS = 1000
_UPLOADS_AT_ONCE = 8
_ATTEMPTS = 6


class Planning:
    """One run over the rest of a listing.

    Of a flow without an end the listing has none either: what comes behind the last
    key is waited for, and planned when it is there.
    """

    def __init__(
        self,
        writer: TransferWriter,
        flow: DataFlow,
        copier: Copier,
        watch_seconds: float,
    ) -> None:
        """`watch_seconds` is how often a source without an end is looked at."""
        self._writer = writer
        self._flow = flow
        self._id = flow.data_flow_id
        self._copier = copier
        self._watch_seconds = watch_seconds
        self._policy = Policy(flow.options, copier.same_endpoint, copier.takes_parts)
        self._cursor = writer.state.cursor

    async def run(self) -> None:
        """To the end of the listing. Raises DataPlaneError, perhaps in a group."""
        if not self._writer.state.started:
            reason = self._policy.reason
            await self._writer.append(
                TransferPlanningStarted(data_flow_id=self._id, route_reason=reason)
            )
        if not self._flow.options.finite:
            await self._watch()
        done = self._writer.state.pages > 0 and self._cursor is None
        while not done:
            done = await self._page()
        totals = self._writer.state
        await self._writer.append(
            TransferPlanned(
                data_flow_id=self._id,
                objects=totals.objects,
                size_bytes=totals.size_bytes,
                parts=totals.parts,
                segments=totals.segments,
            )
        )

    async def _watch(self) -> None:
        """Until cancelled. A source that is away for a while is waited for too."""
        while True:
            try:
                at_the_end = await self._page()
            except (DataPlaneError, BaseExceptionGroup) as error:
                cause = first_cause(error)
                if not isinstance(cause, DataPlaneError) or not cause.retryable:
                    raise
                _log.warning("source is away", extra={"fields": {"code": cause.code}})
                at_the_end = True
            if at_the_end:
                await asyncio.sleep(self._watch_seconds)

    async def _page(self) -> bool:
        """Plan one page; whether it was the last one that there is."""
        page, cursor = self._writer.state.pages, self._cursor
        # What was decided before a crash; an upload of it may exist unrecorded.
        decided = dict(self._writer.state.pending)
        listed = await retried(
            _ATTEMPTS, lambda: self._copier.source.list_page(cursor, _PAGE_OBJECTS)
        )
        pinned = [
            Listed(e.key, e.size_bytes, e.etag, e.version_id, e.ranges)
            for e in listed.objects
        ]
        # An object may have changed since the crash: what was decided stays decided.
        kept = tuple(each.object for each in decided.values())
        plan = plan_page(page, pinned, self._destination, self._policy, kept)
        uploads = await self._uploads(plan.large, decided)
        after = listed.cursor
        if after is None and not self._flow.options.finite:
            after = pinned[-1].key if pinned else cursor
        if self._flow.options.finite or plan.large or plan.packs:
            await self._record_page(page, after, plan, uploads)
        self._cursor = after
        return listed.cursor is None

    async def _uploads(
        self, large: Sequence[PlannedObject], decided: Mapping[str, ObjectPlanned]
    ) -> dict[str, str]:
        fresh = [each for each in large if each.object_id not in decided]
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
        await self._writer.append(*events)
        there = self._writer.state.uploads
        missing = [each for each in large if each.object_id not in there]
        await _gathered(
            missing, lambda each: self._create(each, decided.get(each.object_id))
        )
        return dict(self._writer.state.uploads)

    async def _create(
        self, planned: PlannedObject, decided: ObjectPlanned | None
    ) -> None:
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
        await self._writer.append(
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
        self, page: int, cursor: str | None, plan: PagePlan, uploads: dict[str, str]
    ) -> None:
        segments: list[tuple[str, Route, Work]] = [
            (name, self._policy.part_route, work)
            for each in plan.large
            for name, work in parts_work(each, uploads[each.object_id])
        ]
        segments += [
            (name, self._policy.whole_route, work)
            for name, work in pack_work(page, plan.packs)
        ]
        objects = [*plan.large, *(each for pack in plan.packs for each in pack)]
        planned = PagePlanned(
            data_flow_id=self._id,
            page=page,
            cursor=cursor,
            objects=len(objects),
            size_bytes=sum(each.size_bytes for each in objects),
            parts=sum(parts_of(each) for each in plan.large),
            segments=tuple(name for name, _, _ in segments),
        )
        await self._writer.append(planned, journals=segments)

    def _destination(self, source_key: str) -> str | None:
        return destination_key(
            source_key,
            source_prefix=_field(self._flow.source, "prefix"),
            to_key=_field(self._flow.destination, "key"),
            to_prefix=_field(self._flow.destination, "prefix"),
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


def _field(location: Location | None, name: str) -> str | None:
    # Every mechanism's template names an object by `key` or a group by `prefix`.
    value = location.fields.get(name) if location else None
    return value if isinstance(value, str) else None
