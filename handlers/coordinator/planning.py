"""One run over a listing: chooses, pins, creates uploads, cuts into segments."""

import asyncio
import logging

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError
from domain.location import Location
from domain.mechanisms.keys import destination_key
from domain.segment.events import Work
from domain.transfer.events import (
    PagePlanned,
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
    plan_page,
    requests_of,
)
from handlers.causes import first_cause
from handlers.coordinator.choosing import Choice, Chosen, counterparts
from handlers.coordinator.transfer_writer import TransferWriter
from handlers.coordinator.uploading import Uploading
from handlers.ports import Copier, ObjectInfo
from handlers.worker.retry import retried

_log = logging.getLogger(__name__)

_PAGE_OBJECTS = 1000
_ATTEMPTS = 6


class Planning:
    """One run over the rest of a listing.

    Of a flow without an end the listing has none either: what comes behind the last
    key is waited for, and planned when it is there. Of a flow that waits for an
    approval nothing is created at the destination before that.
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
        self._uploading = Uploading(writer, self._id, copier, self._policy.part_route)
        self._cursor = writer.state.cursor
        self._choice = self._choosing()

    async def run(self) -> None:
        """To the end of the listing. Raises DataPlaneError, perhaps in a group."""
        if not self._writer.state.started:
            reason = self._policy.reason
            await self._writer.append(
                TransferPlanningStarted(data_flow_id=self._id, route_reason=reason)
            )
        if not self._flow.options.finite:
            await self._watch()
        if not self._writer.state.planned:
            await self._list()
        if not self._flow.held:
            await self._uploading.create_held()

    async def _list(self) -> None:
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
                skipped=dict(totals.skipped),
                requests=totals.requests,
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
        # An object may have changed since the crash: what was decided stays decided.
        kept = tuple(each.object for each in decided.values())
        known = {each.source_key for each in kept}
        chosen = await self._choice.of(
            [e for e in listed.objects if e.key not in known]
        )
        pinned = [_pinned(each) for each in chosen.objects]
        plan = plan_page(page, pinned, self._destination, self._policy, kept)
        uploads = (
            {} if self._flow.held else await self._uploading.create(plan.large, decided)
        )
        after = listed.cursor
        if after is None and not self._flow.options.finite:
            after = listed.objects[-1].key if listed.objects else cursor
        if self._flow.options.finite or plan.large or plan.packs or chosen.skipped:
            await self._record_page(page, after, (chosen, plan), uploads)
        self._cursor = after
        return listed.cursor is None

    async def _record_page(
        self,
        page: int,
        cursor: str | None,
        found: tuple[Chosen, PagePlan],
        uploads: dict[str, str],
    ) -> None:
        chosen, plan = found
        segments: list[tuple[str, Route, Work]] = [
            journal
            for each in plan.large
            for journal in self._uploading.journals(
                each, uploads.get(each.object_id, "")
            )
        ]
        packs: list[tuple[str, Route, Work]] = [
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
            segments=tuple(name for name, _, _ in (*segments, *packs)),
            skipped=dict(chosen.skipped),
            requests=requests_of(plan, self._policy),
            held=plan.large if self._flow.held else (),
        )
        # Large objects of a plan that is held have no upload yet, so no journals.
        born = packs if self._flow.held else [*segments, *packs]
        await self._writer.append(planned, journals=born)

    def _choosing(self) -> Choice:
        flow, cursor = self._flow, self._cursor
        prefix = _field(flow.source, "prefix")
        many = prefix is not None and _field(flow.destination, "prefix") is not None
        after = None if cursor is None or not many else self._destination(cursor)
        store = self._copier.destination
        there = counterparts(store, flow.options, after, many=many)
        return Choice(flow.options, there, prefix, self._destination)

    def _destination(self, source_key: str) -> str | None:
        return destination_key(
            source_key,
            source_prefix=_field(self._flow.source, "prefix"),
            to_key=_field(self._flow.destination, "key"),
            to_prefix=_field(self._flow.destination, "prefix"),
        )


def _pinned(each: ObjectInfo) -> Listed:
    return Listed(each.key, each.size_bytes, each.etag, each.version_id, each.ranges)


def _field(location: Location | None, name: str) -> str | None:
    # Every mechanism's template names an object by `key` or a group by `prefix`.
    value = location.fields.get(name) if location else None
    return value if isinstance(value, str) else None
