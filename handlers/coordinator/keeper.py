"""Tends flows: after each page of the log, does what is due for those it touched."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence

from domain.errors import DataPlaneError
from domain.message import Recorded
from domain.segment.events import (
    ObjectsCopied,
    PartCopied,
    SegmentLeased,
    SegmentPaced,
)
from handlers.causes import first_cause
from handlers.commands.handle import load
from handlers.coordinator.completer import Completer
from handlers.coordinator.dispatcher import Dispatcher
from handlers.coordinator.planner import Planner
from handlers.coordinator.preparer import Preparer
from handlers.coordinator.rows import FlowRow, Rows
from handlers.worker.retry import Budget

_log = logging.getLogger(__name__)

_AGAIN_SECONDS = 5.0
_AGAIN = Budget(first_seconds=1.0, longest_seconds=60.0)
# They change nothing that a flow could be waiting for.
_UNEVENTFUL = (PartCopied, ObjectsCopied, SegmentLeased, SegmentPaced)


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
        self._rows = rows
        self._preparer = preparer
        self._planner = planner
        self._dispatcher = dispatcher
        self._completer = completer
        self._tending: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._planning: dict[str, asyncio.Task[None]] = {}
        self._interrupted: Counter[str] = Counter()

    async def applied(self, page: Sequence[Recorded]) -> None:
        """Tend what the page touched; at the start (no page), everything."""
        self.active.set()
        touched = {
            each.metadata.correlation_id
            for each in page
            if not isinstance(each.event, _UNEVENTFUL)
        }
        for data_flow_id in touched if page else await self._rows.flow_ids():
            self._tend_soon(data_flow_id)

    async def watch(self, every_seconds: float) -> None:
        """Until cancelled: look for what the broker has lost, and for what failed."""
        while True:
            await asyncio.sleep(every_seconds)
            with contextlib.suppress(OSError, DataPlaneError):
                for data_flow_id in await self._dispatcher.sweep():
                    self._tend_soon(data_flow_id)

    async def stop(self) -> None:
        """Nothing is tended any more."""
        tasks = {*self._tending.values(), *self._planning.values()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

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
            await self._halt(data_flow_id)
            self._interrupted.pop(data_flow_id, None)
            await self._completer.clean_up(flow)
        elif flow.state == "suspended":
            await self._halt(data_flow_id)
        elif flow.moves_data:
            await self._advance(flow)

    async def _advance(self, flow: FlowRow) -> None:
        if flow.ended:
            await self._completer.tell(flow)
            return
        if flow.waiting_code is not None:
            await self._wait(flow)
            return
        due = not flow.planned or await self._rows.to_upload(flow)
        if due and flow.data_flow_id not in self._planning:
            planning = asyncio.create_task(self._plan(flow.data_flow_id))
            self._planning[flow.data_flow_id] = planning
        if flow.gate == "held":
            return
        await self._completer.complete_uploads(flow)
        await self._dispatcher.dispatch(flow.data_flow_id)
        await self._completer.total(flow.data_flow_id)

    async def _wait(self, flow: FlowRow) -> None:
        """It stands still, as if suspended, until a resume brings what is missing."""
        await self._halt(flow.data_flow_id)
        await self._dispatcher.hold(flow.data_flow_id)
        await self._completer.wait(flow)

    async def _plan(self, data_flow_id: str) -> None:
        try:
            flow, _ = await load(self._planner.log, data_flow_id)
            await self._planner.plan(flow)
        except Exception as error:  # noqa: BLE001 (nothing else would try again)
            _log.warning("planning was interrupted: %r", first_cause(error))
            self._interrupted[data_flow_id] += 1
            await asyncio.sleep(_AGAIN.delay(self._interrupted[data_flow_id]))
            self._tend_soon(data_flow_id)
        else:
            self._interrupted.pop(data_flow_id, None)
        finally:
            self._planning.pop(data_flow_id, None)

    async def _halt(self, data_flow_id: str) -> None:
        planning = self._planning.get(data_flow_id)
        if planning is not None:
            planning.cancel()
            await asyncio.wait({planning})
        await self._dispatcher.withdraw(data_flow_id)
