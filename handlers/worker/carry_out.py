"""Carries out one segment: lease, copy, record, done."""

import asyncio
import logging
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.data_flow import DataFlow, State
from domain.errors import WAITED_OUT, DataPlaneError, FencedError
from domain.segment.commands import (
    FailSegment,
    FinishSegment,
    LeaseSegment,
    ParkSegment,
    RecordDeletions,
    RecordObjects,
)
from domain.segment.events import (
    CompletionWork,
    DeletionWork,
    PackWork,
    PartsWork,
)
from eventlog import EventLog
from handlers.causes import DATABASE_DOWN, first_cause
from handlers.commands.handle import load
from handlers.copiers import Copiers
from handlers.limits.allowance import Allowance
from handlers.limits.endpoints import endpoint_of
from handlers.limits.limiter import Limiter
from handlers.messages import SegmentName, SegmentTask
from handlers.ports import Copier
from handlers.settings import Settings
from handlers.worker.climb import bounds
from handlers.worker.completion import Completion
from handlers.worker.deletions import Deleter, undeleted
from handlers.worker.hand import Hand, Held
from handlers.worker.journal import Journal
from handlers.worker.lore import Lore
from handlers.worker.pace import Paces
from handlers.worker.packs import PackCopier, failed, told
from handlers.worker.parts import PartsCopier
from handlers.worker.slots import Feeding, Pairs, Slots
from handlers.worker.sweeping import swept
from handlers.worker.telling import told_of
from handlers.worker.tries import Told, Tries, probes_of

_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What the message's fate is."""

    OVER = "over"
    AGAIN = "again"
    FENCED = "fenced"


@dataclass
class Worker:
    """One worker process's segments."""

    name: str
    log: EventLog
    copiers: Copiers
    settings: Settings
    limiter: Limiter
    hand: Hand = field(default_factory=Hand)

    def __post_init__(self) -> None:
        """The parts in flight are bounded for the whole process."""
        settings = self.settings
        allowed = bounds(
            settings.worker_parts, settings.worker_parts_min, settings.worker_parts_max
        )
        segments = settings.worker_segments
        self.feeding = Feeding(
            segments,
            segments * -(-allowed.most // allowed.start),
            lambda: len(self.hand.names()),
        )
        self._pairs = Pairs(allowed, self.feeding)
        self._lore = Lore(self.name, self.log)
        self._paces = Paces(allowed.most, allowed.start)

    async def carry_out(self, task: SegmentTask, delivery: int) -> Outcome:
        """Do it, as far as it is ours to do. Safe to call again with the same task.

        OVER: acknowledge. AGAIN: have it delivered again, later. FENCED: another worker
        has it, and the message is its own to acknowledge. Raises DATABASE_DOWN.
        """
        name = SegmentName(data_flow_id=task.data_flow_id, segment_id=task.segment_id)
        # In hand before the state is read: a stop that comes in between finds us.
        async with self.hand.hold(name) as held:
            flow, _ = await load(self.log, task.data_flow_id)
            if flow.state is not State.STARTED or flow.error in WAITED_OUT:
                return Outcome.OVER
            journal = await Journal.read(self.log, task, self.name)
            lease = LeaseSegment(worker=self.name, epoch=task.epoch, delivery=delivery)
            if journal.state.planned is None or journal.state.over:
                return Outcome.OVER
            if not await journal.lease(lease):
                return Outcome.FENCED
            try:
                return await self._leased(flow, journal, held, delivery)
            except FencedError:
                _log.info("segment fenced", extra={"fields": name.model_dump()})
                return Outcome.FENCED

    async def _leased(
        self, flow: DataFlow, journal: Journal, held: Held, delivery: int
    ) -> Outcome:
        copying = asyncio.create_task(self._copy(flow, journal))
        try:
            either: set[asyncio.Future[Any]] = {copying, held.stop}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Also when we are cancelled ourselves: no byte moves after this.
            if not copying.done():
                copying.cancel()
                await asyncio.wait({copying})
        if copying.cancelled():
            reason = held.stop.result() if held.stop.done() else "worker-stopping"
            await journal.record(ParkSegment(worker=self.name, reason=reason))
            return Outcome.OVER
        raised = copying.exception()
        if raised is None:
            await journal.record(FinishSegment(worker=self.name))
            return Outcome.OVER
        error = first_cause(raised)
        if isinstance(error, (FencedError, *DATABASE_DOWN)):
            raise error
        if isinstance(error, DataPlaneError) and error.waited_out:
            return await self._put_down(flow, journal, error)
        return await self._failed(journal, error, delivery)

    async def _put_down(
        self, flow: DataFlow, journal: Journal, error: DataPlaneError
    ) -> Outcome:
        """Nothing has failed: the flow waits, and a resume brings what is missing."""
        parked = ParkSegment(
            worker=self.name,
            reason=error.code,
            side=error.side,
            detail=error.detail,
            resumes=flow.resumes,
        )
        await journal.record(parked)
        return Outcome.OVER

    async def _failed(
        self, journal: Journal, error: BaseException, delivery: int
    ) -> Outcome:
        known = error if isinstance(error, DataPlaneError) else None
        if known is None:
            _log.error("segment failed unexpectedly", exc_info=error)
        last = delivery >= self.settings.segment_deliveries
        if not last and (known is None or known.retryable):
            return Outcome.AGAIN
        planned = journal.state.planned
        assert planned is not None  # noqa: S101 (checked before the lease)
        if isinstance(planned.work, PackWork):
            missing = journal.state.missing_objects()
            outcomes = tuple(failed(each, error) for each in missing)
            await journal.record(RecordObjects(worker=self.name, objects=outcomes))
            await journal.record(FinishSegment(worker=self.name))
        elif isinstance(planned.work, DeletionWork):
            left = journal.state.missing_deletions()
            fates = tuple(undeleted(each, error) for each in left)
            await journal.record(RecordDeletions(worker=self.name, objects=fates))
            await journal.record(FinishSegment(worker=self.name))
        else:
            code, detail = told(planned.work.object, error)
            await journal.record(
                FailSegment(worker=self.name, code=code, detail=detail)
            )
        return Outcome.OVER

    async def _copy(self, flow: DataFlow, journal: Journal) -> None:
        await self.limiter.ready()
        slots = self._pairs.of(flow)
        with self.limiter.working(flow) as allowance:
            async with self.copiers.of(flow, slots.metering(allowance)) as copier:
                tries = self._tries(flow, journal, copier, allowance)
                await self._work(copier, journal, tries, slots)
                await self._lore.note(endpoint_of(flow.destination), copier.destination)

    def _tries(
        self, flow: DataFlow, journal: Journal, copier: Copier, allowance: Allowance
    ) -> Tries:
        async def record(told: Told) -> None:
            await journal.record(told_of(told, self.name))

        return Tries(
            self.settings.part_attempts,
            self._paces.of(flow),
            record,
            probes_of(copier),
            allowance,
            self.settings.outage_seconds,
            self._pairs.of(flow),
        )

    async def _work(
        self, copier: Copier, journal: Journal, tries: Tries, slots: Slots
    ) -> None:
        planned = journal.state.planned
        assert planned is not None  # noqa: S101 (checked before the lease)
        name, route = self.name, planned.route
        await swept(copier.destination, journal.state.leases)
        match planned.work:
            case PartsWork() as work:
                await PartsCopier(
                    name, copier, journal, route, work, slots, tries
                ).run()
            case PackWork():
                await PackCopier(name, copier, journal, route, slots, tries).run()
            case DeletionWork():
                await Deleter(name, copier, journal, slots, tries).run()
            case CompletionWork() as work:
                await Completion(name, self.log, copier, journal, work, tries).run(
                    planned.data_flow_id
                )
