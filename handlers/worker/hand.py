"""What a worker has in hand: so that a flow can be stopped, at once, and say so."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from handlers.messages import SegmentName


@dataclass(eq=False)
class Held:
    """One segment in hand."""

    name: SegmentName
    stop: "asyncio.Future[str]"
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Hand:
    """The segments that are being carried out in this process."""

    def __init__(self) -> None:
        """Nothing in hand."""
        self._held: set[Held] = set()
        self._going_down = False

    @asynccontextmanager
    async def hold(self, name: SegmentName) -> AsyncGenerator[Held]:
        """In hand until the block ends."""
        held = Held(name, asyncio.get_running_loop().create_future())
        self._held.add(held)
        if self._going_down:
            held.stop.set_result("worker-stopping")
        try:
            yield held
        finally:
            self._held.discard(held)
            held.stop.cancel()
            held.released.set()

    def names(self) -> tuple[SegmentName, ...]:
        """For the heartbeat."""
        return tuple(held.name for held in self._held)

    def flows(self) -> set[str]:
        """The flows that have something in hand."""
        return {held.name.data_flow_id for held in self._held}

    async def stop_flow(self, data_flow_id: str, reason: str) -> None:
        """Stop its segments; returns when none is in hand any more."""
        await self._stop(
            [h for h in self._held if h.name.data_flow_id == data_flow_id], reason
        )

    async def stop_all(self) -> None:
        """The worker goes down: stop what is in hand, and whatever still comes."""
        self._going_down = True
        await self._stop(list(self._held), "worker-stopping")

    async def _stop(self, held: list[Held], reason: str) -> None:
        for each in held:
            if not each.stop.done():
                each.stop.set_result(reason)
        for each in held:
            await each.released.wait()
