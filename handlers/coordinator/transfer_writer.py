"""The one writer of a transfer's stream, while it is being planned."""

import asyncio
from collections.abc import Sequence

from domain import transfer
from domain.data_flow import DataFlow
from domain.names import segment_stream, transfer_stream
from domain.segment.events import SegmentPlanned, Work
from domain.transfer import Transfer
from domain.transfer.events import Route
from eventlog import Append, EventLog
from handlers.coordinator.transfers import caused_by


class TransferWriter:
    """Appends in order, and knows the transfer as it then is."""

    def __init__(
        self, log: EventLog, flow: DataFlow, state: Transfer, version: int
    ) -> None:
        """`state` and `version` are the transfer's, as its stream holds them."""
        self.state = state
        self._log = log
        self._flow = flow
        self._version = version
        self._order = asyncio.Lock()

    async def append(
        self,
        *events: transfer.TransferEvent,
        journals: Sequence[tuple[str, Route, Work]] = (),
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
        journals: Sequence[tuple[str, Route, Work]],
    ) -> None:
        data_flow_id = self._flow.data_flow_id
        appends = [
            _born(data_flow_id, name, route, work) for name, route, work in journals
        ]
        cause = caused_by(data_flow_id, self._flow.agreement_id, "planner")
        # Uploads are recorded by several tasks at once.
        async with self._order:
            own = Append(transfer_stream(data_flow_id), self._version, events)
            await self._log.append(cause, own, *appends)
            self._version += len(events)
            for event in events:
                self.state = transfer.evolve(self.state, event)


def _born(data_flow_id: str, segment_id: str, route: Route, work: Work) -> Append:
    event = SegmentPlanned(
        data_flow_id=data_flow_id, segment_id=segment_id, route=route, work=work
    )
    return Append(segment_stream(data_flow_id, segment_id), 0, (event,))
