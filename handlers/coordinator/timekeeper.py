"""Sees to it that a flow copies when it may, and is told when it is late."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from domain.names import transfer_stream
from domain.scheduling.timing import DEADLINE_EXCEEDED, Act, Due, Timing, due
from domain.transfer import Transfer, TransferEvent
from domain.transfer.events import (
    TransferDeadlineMissed,
    TransferDeferred,
    TransferFailed,
    TransferTakenUp,
)
from eventlog import Append, EventLog
from handlers.coordinator.rows import FlowRow
from handlers.coordinator.transfers import caused_by, load_transfer

# The clock of the wall may be set; and a timer sleeps by another clock.
_LONGEST_SECONDS, _SHORTEST_SECONDS = 60.0, 0.05


class Timekeeper:
    """Asks a flow's timing what is due, records it, and comes back when more is.

    A timer is only a reminder: what is due is found from the rows and the clock, so a
    dispatcher that is started again misses nothing.
    """

    def __init__(self, log: EventLog, wake: Callable[[str], None]) -> None:
        """`wake` is called with the id of a flow that has something due."""
        self._log = log
        self._wake = wake
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def due(self, flow: FlowRow) -> Due:
        """What is due now. The flow is woken when there is more."""
        if flow.timing is None:
            return Due(Act.COPY)
        now = datetime.now(UTC)
        timing = Timing.model_validate(flow.timing)
        found = due(timing, now, missed=flow.deadline_missed)
        if found.again_at is not None:
            self.wake_in(flow.data_flow_id, (found.again_at - now).total_seconds())
        return found

    def wake_in(self, data_flow_id: str, seconds: float) -> None:
        """Have the flow tended then; an earlier reminder is forgotten."""
        self.forget(data_flow_id)
        seconds = min(max(seconds, _SHORTEST_SECONDS), _LONGEST_SECONDS)
        loop = asyncio.get_running_loop()
        self._timers[data_flow_id] = loop.call_later(seconds, self._ring, data_flow_id)

    def forget(self, data_flow_id: str) -> None:
        """It is over."""
        timer = self._timers.pop(data_flow_id, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """Nobody is woken any more."""
        for data_flow_id in [*self._timers]:
            self.forget(data_flow_id)

    async def defer(self, flow: FlowRow, found: Due) -> None:
        """Record that it stands still, and until when; once."""
        assert found.reason is not None  # noqa: S101 (of every deferral)
        assert found.opens_at is not None  # noqa: S101 (likewise)
        event = TransferDeferred(
            data_flow_id=flow.data_flow_id, reason=found.reason, until=found.opens_at
        )
        await self._record(flow, event, unless=lambda state: state.deferred)

    async def take_up(self, flow: FlowRow) -> None:
        """Record that it goes on."""
        event = TransferTakenUp(data_flow_id=flow.data_flow_id)
        await self._record(flow, event, unless=lambda state: not state.deferred)

    async def miss(self, flow: FlowRow) -> None:
        """Record that it is late; once."""
        event = TransferDeadlineMissed(
            data_flow_id=flow.data_flow_id, deadline=_deadline(flow)
        )
        await self._record(flow, event, unless=lambda state: state.deadline_missed)

    async def fail(self, flow: FlowRow) -> None:
        """Record that it has failed because it is late."""
        event = TransferFailed(
            data_flow_id=flow.data_flow_id,
            code=DEADLINE_EXCEEDED,
            detail=f"it was not done by {_deadline(flow).isoformat()}",
        )
        await self._record(flow, event, unless=lambda _: False)

    async def _record(
        self, flow: FlowRow, event: TransferEvent, unless: Callable[[Transfer], bool]
    ) -> None:
        state, version = await load_transfer(self._log, flow.data_flow_id)
        if state.ended or unless(state):
            # Recorded before; the rows are about to hear of it.
            return
        append = Append(transfer_stream(flow.data_flow_id), version, (event,))
        await self._log.append(caused_by(flow.data_flow_id, flow.agreement_id), append)

    def _ring(self, data_flow_id: str) -> None:
        self._timers.pop(data_flow_id, None)
        self._wake(data_flow_id)


def _deadline(flow: FlowRow) -> datetime:
    deadline = Timing.model_validate(flow.timing).deadline
    assert deadline is not None  # noqa: S101 (only those that have one are late)
    return deadline
