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
    RecordObjects,
    RecordPace,
)
from domain.segment.events import CompletionWork, PackWork, PartsWork, SegmentPlanned
from eventlog import EventLog
from handlers.causes import DATABASE_DOWN, first_cause
from handlers.commands.handle import load
from handlers.copiers import Copiers
from handlers.messages import SegmentName, SegmentTask
from handlers.ports import Copier
from handlers.settings import Settings
from handlers.worker.completion import Completion
from handlers.worker.hand import Hand, Held
from handlers.worker.journal import Journal
from handlers.worker.pace import Change, Paces, Tries
from handlers.worker.packs import PackCopier, failed, told
from handlers.worker.parts import PartsCopier

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
    hand: Hand = field(default_factory=Hand)

    def __post_init__(self) -> None:
        """The parts in flight are bounded for the whole process."""
        self._slots = asyncio.Semaphore(self.settings.worker_parts)
        self._paces = Paces(self.settings.worker_parts)

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
        else:
            code, detail = told(planned.work.object, error)
            await journal.record(
                FailSegment(worker=self.name, code=code, detail=detail)
            )
        return Outcome.OVER

    async def _copy(self, flow: DataFlow, journal: Journal) -> None:
        planned = journal.state.planned
        assert planned is not None  # noqa: S101 (checked before the lease)
        async with self.copiers.of(flow) as copier:
            await self._work(copier, journal, planned, self._tries(flow, journal))

    def _tries(self, flow: DataFlow, journal: Journal) -> Tries:
        async def record(change: Change) -> None:
            pace = RecordPace(
                worker=self.name,
                endpoint=change.endpoint,
                requests_before=change.before,
                requests_after=change.after,
                reason=change.reason,
            )
            await journal.record(pace)

        return Tries(self.settings.part_attempts, self._paces.of(flow), record)

    async def _work(
        self, copier: Copier, journal: Journal, planned: SegmentPlanned, tries: Tries
    ) -> None:
        match planned.work:
            case PartsWork() as work:
                await PartsCopier(
                    self.name,
                    copier,
                    journal,
                    planned.route,
                    work,
                    self._slots,
                    tries,
                ).run()
            case PackWork():
                await PackCopier(
                    self.name, copier, journal, planned.route, self._slots, tries
                ).run()
            case CompletionWork() as work:
                await Completion(self.name, self.log, copier, journal, work, tries).run(
                    planned.data_flow_id
                )
