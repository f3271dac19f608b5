"""One run over all keys: chooses, pins, creates uploads, cuts into segments."""

import asyncio
import logging
from dataclasses import dataclass, replace

from domain.data_flow import DataFlow
from domain.endpoint import COPIES_AT_ONCE
from domain.errors import DataPlaneError
from domain.transfer.events import (
    PagePlanned,
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
from handlers.capabilities import capabilities
from handlers.causes import first_cause
from handlers.coordinator.approved import own_plan
from handlers.coordinator.choosing import Choice, Chosen, counterparts
from handlers.coordinator.extras import Extras
from handlers.coordinator.losses import lost_births
from handlers.coordinator.origins import Candidate, Lost, Origin
from handlers.coordinator.owning import Owning
from handlers.coordinator.places import Places
from handlers.coordinator.transfer_writer import Birth, TransferWriter
from handlers.coordinator.uploading import Uploading
from handlers.limits.endpoints import endpoint_of
from handlers.ports import Copier

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Found:
    """What became of one page of the origin."""

    cursor: str | None
    chosen: Chosen
    plan: PagePlan
    lost: tuple[Lost, ...]

    @property
    def worth_telling(self) -> bool:
        """Whether anything at all was there."""
        plan = self.plan
        return bool(plan.large or plan.packs or self.chosen.skipped or self.lost)


class Planning:
    """One run over the rest of the keys.

    Of a flow without an end they have none either: what comes behind the last one is
    waited for, and planned when it is there. Of a flow that waits for an approval
    nothing is created at the destination before that.
    """

    def __init__(
        self,
        writer: TransferWriter,
        flow: DataFlow,
        copier: Copier,
        origin: Origin,
        watch_seconds: float,
    ) -> None:
        """`watch_seconds` is how often a source without an end is looked at."""
        self._writer = writer
        self._flow = flow
        self._id = flow.data_flow_id
        self._copier = copier
        self._origin = origin
        self._watch_seconds = watch_seconds
        self._places = Places.of(flow)
        self._policy = Policy(flow.options, copier.same_endpoint, copier.takes_parts)
        self._uploading = Uploading(writer, self._id, copier, self._policy.part_route)
        self._owning = Owning(writer.log, flow)
        self._cursor = writer.state.cursor
        self._choice = self._choosing()

    async def run(self) -> None:
        """To the last key. Raises DataPlaneError, perhaps in a group."""
        if not self._writer.state.started:
            reason = self._policy.reason
            await self._writer.append(
                TransferPlanningStarted(data_flow_id=self._id, route_reason=reason)
            )
        if not self._flow.options.finite:
            await self._watch()
        if not self._writer.state.planned:
            await self._list()
        if self._flow.approved:
            await own_plan(
                self._writer.log, self._flow, self._writer.state, self._owning
            )
        if not self._flow.held:
            await self._uploading.create_held()

    async def _list(self) -> None:
        done = self._writer.state.pages > 0 and self._cursor is None
        while not done:
            done = await self._page()
        if self._flow.options.deletion is not None:
            extras = Extras(
                self._writer, self._flow, self._copier, self._places, self._owning
            )
            await extras.find()
        totals = self._writer.state
        deletions = totals.deletions
        await self._writer.append(
            TransferPlanned(
                data_flow_id=self._id,
                objects=totals.objects,
                size_bytes=totals.size_bytes,
                parts=totals.parts,
                segments=totals.segments,
                skipped=dict(totals.skipped),
                requests=totals.requests,
                deletes=deletions.deletes,
                deletes_size_bytes=deletions.size_bytes,
                deletes_digest=deletions.digest if deletions.deletes else "",
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
                await self._owning.let_go(self._writer.state)
                await asyncio.sleep(self._watch_seconds)

    async def _page(self) -> bool:
        """Plan one page; whether it was the last one that there is."""
        page = self._writer.state.pages
        await self._ask_of_copies()
        # What was decided before a crash; an upload of it may exist unrecorded.
        decided = dict(self._writer.state.pending)
        named = await self._origin.page(self._cursor)
        # An object may have changed since the crash: what was decided stays decided.
        kept = tuple(each.object for each in decided.values())
        known = {each.destination_key for each in kept}
        chosen = await self._choice.of(
            [e for e in named.candidates if e.destination_key not in known]
        )
        # Before the plan is recorded: nobody copies what is not the flow's own.
        free, claimed = await self._owning.candidates(chosen.objects)
        pinned = [_pinned(each) for each in free]
        plan = plan_page(page, pinned, self._policy, kept)
        uploads = (
            {} if self._flow.held else await self._uploading.create(plan.large, decided)
        )
        found = _Found(named.cursor, chosen, plan, (*named.lost, *claimed))
        if self._flow.options.finite or found.worth_telling:
            await self._record_page(page, found, uploads)
        self._cursor = named.cursor
        return named.ended

    async def _ask_of_copies(self) -> None:
        """A worker may have found out meanwhile what nobody knew before."""
        if self._policy.same_endpoint and not self._policy.copies_at_once:
            name = endpoint_of(self._flow.destination)
            known, _ = await capabilities(self._writer.log, name)
            at_once = known.get(COPIES_AT_ONCE)
            self._policy = replace(self._policy, copies_at_once=at_once)

    async def _record_page(
        self, page: int, found: _Found, uploads: dict[str, str]
    ) -> None:
        plan = found.plan
        large = [
            journal
            for each in plan.large
            for journal in self._uploading.journals(
                each, uploads.get(each.object_id, "")
            )
        ]
        route = self._policy.whole_route
        whole = [
            *(Birth(name, route, work) for name, work in pack_work(page, plan.packs)),
            *lost_births(page, found.lost, route),
        ]
        objects = [*plan.large, *(each for pack in plan.packs for each in pack)]
        planned = PagePlanned(
            data_flow_id=self._id,
            page=page,
            cursor=found.cursor,
            objects=len(objects) + len(found.lost),
            size_bytes=sum(each.size_bytes for each in objects)
            + sum(each.size_bytes for each in found.lost),
            parts=sum(parts_of(each) for each in plan.large),
            segments=tuple(each.segment_id for each in (*large, *whole)),
            skipped=dict(found.chosen.skipped),
            requests=requests_of(plan, self._policy),
            held=plan.large if self._flow.held else (),
        )
        # Large objects of a plan that is held have no upload yet, so no journals.
        born = whole if self._flow.held else [*large, *whole]
        await self._writer.append(planned, journals=born)

    def _choosing(self) -> Choice:
        cursor, places = self._cursor, self._places
        beside = places.many and self._origin.ordered
        after = None if cursor is None or not beside else places.destination(cursor)
        options, store = self._flow.options, self._copier.destination
        there = counterparts(store, options, after, many=beside)
        stores = (self._copier.source, store)
        return Choice(options, there, places.source_prefix, stores)


def _pinned(each: Candidate) -> Listed:
    found = each.found
    return Listed(
        key=found.key,
        destination_key=each.destination_key,
        size_bytes=found.size_bytes,
        etag=found.etag,
        version_id=found.version_id,
        ranges=found.ranges,
    )
