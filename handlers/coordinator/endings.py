"""What comes of a transfer that is over: its keys are freed, it is told, cleaned up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handlers.coordinator.claims import Claims
from handlers.coordinator.completer import Completer
from handlers.coordinator.rows import FlowRow, Rows


@dataclass(frozen=True)
class Endings:
    """Each step may be repeated; a crash in between blocks nobody."""

    rows: Rows
    completer: Completer
    claims: Claims

    async def tell(
        self, flow: FlowRow, in_hand: Callable[[FlowRow], Awaitable[bool]]
    ) -> None:
        """Free its keys, and then tell: whoever hears of it may begin the next flow.

        `in_hand` says whether a worker may still write, and then has the flow tended
        again: a plan may have failed while others copied what was already planned.
        """
        free = not flow.released
        if free and await self.rows.unfinished(flow.data_flow_id):
            free = not await in_hand(flow)
        if free:
            await self.claims.release(flow.data_flow_id)
        await self.completer.tell(flow)
        if free:
            await self.claims.forget(flow.owner)

    async def clean_up(self, flow: FlowRow) -> None:
        """Of a final flow. Its keys are its own until nothing of it is left."""
        await self.completer.clean_up(flow)
        await self.claims.forget(flow.owner)
