"""Tends flows: after each page of the log, does what is due for those it touched."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence

from domain.errors import DataPlaneError
from domain.message import Recorded
from domain.scheduling.timing import DEADLINE_EXCEEDED, Act, Due
from domain.segment.events import (
    ObjectsCopied,
    SegmentLeased,
)
from handlers.causes import first_cause
from handlers.coordinator.claims import Claims
from handlers.coordinator.completer import Completer
from handlers.coordinator.dispatcher import Dispatcher
from handlers.coordinator.endings import Endings
from handlers.coordinator.planner import Planner
from handlers.coordinator.plannings import Plannings
from handlers.coordinator.preparer import Preparer
from handlers.coordinator.rows import FlowRow, Rows
from handlers.coordinator.timekeeper import Timekeeper

_log = logging.getLogger(__name__)

_AGAIN_SECONDS = 5.0
_SOON_SECONDS = 0.5
# They change nothing that a flow could be waiting for.
_UNEVENTFUL = (ObjectsCopied, SegmentLeased)


class Keeper:
    """One task per flow that has something due; a flow never waits for another."""

    def __init__(
        self,
        rows: Rows,
        preparer: Preparer,
        planner: Planner,
        dispatcher: Dispatcher,
        completer: Completer,
    ) -> None:
        """Hand `applied` to the follower; `watch` when active; `stop` at the end."""
        self.active = asyncio.Event()
        self._timekeeper = Timekeeper(planner.log, self._tend_soon)
        self._plannings = Plannings(planner, self._planned)
        self._claims = Claims(planner.log.pool)
        self._endings = Endings(rows, completer, self._claims)
        self._due = asyncio.Event()
        self._rows = rows
        self._preparer = preparer
        self._dispatcher = dispatcher
        self._completer = completer
        self._tending: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    async def applied(self, page: Sequence[Recorded]) -> None:
        """Tend what the page touched; at the start (no page), everything."""
        self.active.set()
        touched = {
            each.metadata.correlation_id
            for each in page
            if not isinstance(each.event, _UNEVENTFUL)
        }
        for each in page:
            if isinstance(each.event, SegmentLeased):
                leased = each.event
                self._dispatcher.leased(leased.data_flow_id, leased.segment_id)
        for data_flow_id in touched if page else await self._rows.flow_ids():
            self._tend_soon(data_flow_id)
        if touched or not page:
            self._due.set()

    async def watch(self, every_seconds: float) -> None:
        """Until cancelled: share the queue, and look for what the broker has lost."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._share())
            group.create_task(self._sweep(every_seconds))

    async def _sweep(self, every_seconds: float) -> None:
        # What a crash has left; nobody else would find it.
        await self._claims.sweep()
        while True:
            await asyncio.sleep(every_seconds)
            with contextlib.suppress(OSError, DataPlaneError):
                for data_flow_id in await self._dispatcher.sweep():
                    self._tend_soon(data_flow_id)
            # There may be other workers, and places that nobody has told of.
            self._due.set()

    async def _share(self) -> None:
        """Rounds of the dispatcher: one for all that has happened meanwhile."""
        while True:
            await self._due.wait()
            self._due.clear()
            began = time.monotonic()
            try:
                await self._dispatcher.fill()
            except Exception as error:  # noqa: BLE001 (nothing else would try again)
                _log.warning("nothing was queued: %r", first_cause(error))
                await asyncio.sleep(_AGAIN_SECONDS)
                self._due.set()
            else:
                # Half of the time at most: with very many flows it takes a while.
                await asyncio.sleep(time.monotonic() - began)

    async def stop(self) -> None:
        """Nothing is tended any more."""
        self._timekeeper.stop()
        tasks = {*self._tending.values(), *self._plannings.tasks()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _planned(self, data_flow_id: str) -> None:
        self._tend_soon(data_flow_id)
        self._due.set()

    def _tend_soon(self, data_flow_id: str) -> None:
        self._again.add(data_flow_id)
        if data_flow_id not in self._tending:
            task = asyncio.create_task(self._tend_while_due(data_flow_id))
            self._tending[data_flow_id] = task

    async def _tend_while_due(self, data_flow_id: str) -> None:
        try:
            while data_flow_id in self._again:
                self._again.discard(data_flow_id)
                try:
                    await self._tend(data_flow_id)
                except Exception as error:  # noqa: BLE001 (nothing else would try again)
                    _log.warning("tending failed: %r", first_cause(error))
                    await asyncio.sleep(_AGAIN_SECONDS)
                    self._again.add(data_flow_id)
        finally:
            del self._tending[data_flow_id]

    async def _tend(self, data_flow_id: str) -> None:
        flow = await self._rows.flow(data_flow_id)
        if flow is None or flow.state == "prepared":
            return
        if flow.state in {"preparing", "starting"}:
            await self._preparer.make_ready(data_flow_id)
        elif flow.state == "stopped":
            self._plannings.forget(data_flow_id)
            self._timekeeper.forget(data_flow_id)
            if await self._in_hand(flow):
                await self._dispatcher.hold(data_flow_id)
            else:
                await self._endings.clean_up(flow)
        elif flow.state == "suspended":
            await self._halt(data_flow_id)
            await self._rest(flow)
        elif flow.moves_data:
            await self._advance(flow)

    async def _advance(self, flow: FlowRow) -> None:
        if flow.ended:
            await self._endings.tell(flow, self._in_hand)
            return
        timely = self._timekeeper.due(flow)
        if timely.act in {Act.MISS, Act.FAIL}:
            await self._be_late(flow, timely.act)
            return
        if flow.waiting_code is not None:
            await self._wait(flow)
            return
        # A plan that is only looked at copies nothing, at any time.
        if flow.gate != "held" and await self._stands_still(flow, timely):
            return
        if not flow.planned or await self._rows.to_upload(flow):
            self._plannings.begin(flow.data_flow_id)
        if flow.gate == "held":
            return
        await self._completer.complete_uploads(flow)
        await self._completer.total(flow.data_flow_id)

    async def _in_hand(self, flow: FlowRow) -> bool:
        """Whether a worker may still write; the flow is then tended again soon.

        Also where it was still planned: what was planned last is to be known, or its
        uploads would stay.
        """
        planned = await self._halt(flow.data_flow_id)
        held = await self._dispatcher.in_hand(flow.data_flow_id)
        if held or planned:
            self._timekeeper.wake_in(flow.data_flow_id, _SOON_SECONDS)
        return held or planned

    async def _rest(self, flow: FlowRow) -> None:
        """What there is to do for a suspended flow: its deadline does not wait."""
        if not flow.moves_data:
            return
        if flow.ended and flow.failure_code == DEADLINE_EXCEEDED:
            await self._endings.tell(flow, self._in_hand)
        elif not flow.ended:
            timely = self._timekeeper.due(flow)
            if timely.act in {Act.MISS, Act.FAIL}:
                await self._be_late(flow, timely.act)

    async def _be_late(self, flow: FlowRow, act: Act) -> None:
        # Whoever plans is the one writer of the transfer's stream.
        await self._plannings.stop(flow.data_flow_id)
        if act is Act.MISS:
            await self._timekeeper.miss(flow)
            return
        await self._halt(flow.data_flow_id)
        await self._dispatcher.hold(flow.data_flow_id)
        if await self._dispatcher.in_hand(flow.data_flow_id):
            # First they put it down: what ends is not written to any more.
            self._timekeeper.wake_in(flow.data_flow_id, _SOON_SECONDS)
            return
        await self._timekeeper.fail(flow)

    async def _stands_still(self, flow: FlowRow, timely: Due) -> bool:
        """Whether it does, as if suspended, because it is not the time to copy."""
        if timely.act is not Act.DEFER:
            if flow.deferred_until is not None:
                await self._timekeeper.take_up(flow)
            return flow.deferred_until is not None
        await self._plannings.stop(flow.data_flow_id)
        if flow.deferred_until is None:
            # Tended again when the rows say so: then nothing comes after us.
            await self._timekeeper.defer(flow, timely)
            return True
        await self._halt(flow.data_flow_id)
        await self._dispatcher.hold(flow.data_flow_id)
        return True

    async def _wait(self, flow: FlowRow) -> None:
        """It stands still, as if suspended, until a resume brings what is missing."""
        await self._halt(flow.data_flow_id)
        await self._dispatcher.hold(flow.data_flow_id)
        await self._completer.wait(flow)

    async def _halt(self, data_flow_id: str) -> bool:
        """Whether it was being planned until now."""
        planned = await self._plannings.stop(data_flow_id)
        await self._dispatcher.withdraw(data_flow_id)
        return planned
