"""The one writer of a transfer's stream, while it is being planned."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from domain import transfer
from domain.data_flow import DataFlow
from domain.message import Event
from domain.names import segment_stream, transfer_stream
from domain.segment.events import (
    ObjectOutcome,
    ObjectsCopied,
    SegmentDone,
    SegmentPlanned,
    Work,
)
from domain.transfer import Transfer
from domain.transfer.events import Route
from eventlog import Append, EventLog
from handlers.coordinator.transfers import caused_by


@dataclass(frozen=True)
class Birth:
    """What a segment's journal begins with.

    One with outcomes is whole: its objects need no worker.
    """

    segment_id: str
    route: Route
    work: Work
    outcomes: tuple[ObjectOutcome, ...] = ()


class TransferWriter:
    """Appends in order, and knows the transfer as it then is."""

    def __init__(
        self, log: EventLog, flow: DataFlow, state: Transfer, version: int
    ) -> None:
        """`state` and `version` are the transfer's, as its stream holds them."""
        self.state = state
        self.log = log
        self._flow = flow
        self._version = version
        self._order = asyncio.Lock()

    async def append(
        self,
        *events: transfer.TransferEvent,
        journals: Sequence[Birth] = (),
    ) -> None:
        """Store the events, and the journals that begin with them, or nothing.

        When this returns they are stored; a cancelled caller does not stop that.
        """
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
        journals: Sequence[Birth],
    ) -> None:
        data_flow_id = self._flow.data_flow_id
        appends = [_born(data_flow_id, each) for each in journals]
        cause = caused_by(data_flow_id, self._flow.agreement_id, "planner")
        # Uploads are recorded by several tasks at once.
        async with self._order:
            own = Append(transfer_stream(data_flow_id), self._version, events)
            await self.log.append(cause, own, *appends)
            self._version += len(events)
            for event in events:
                self.state = transfer.evolve(self.state, event)


def _born(data_flow_id: str, birth: Birth) -> Append:
    same = {"data_flow_id": data_flow_id, "segment_id": birth.segment_id}
    events: list[Event] = [SegmentPlanned(**same, route=birth.route, work=birth.work)]
    if birth.outcomes:
        events += [ObjectsCopied(**same, objects=birth.outcomes), SegmentDone(**same)]
    return Append(segment_stream(data_flow_id, birth.segment_id), 0, events)
