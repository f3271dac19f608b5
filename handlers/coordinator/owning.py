"""What a planner may write: each key of its plan is its own, or another flow's."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.data_flow import DataFlow
from domain.errors import Side
from domain.ownership import KeySpace, may_know
from domain.transfer import Transfer
from eventlog import EventLog
from handlers.commands.handle import load
from handlers.coordinator.claims import Claims, Holder
from handlers.coordinator.origins import Candidate, Lost

CLAIMED = "destination.claimed"
# So long, in all, a plan waits for flows that are over and still clean up behind them.
_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.2


@dataclass
class Owning:
    """The claims of one run of the planner; none of a plan that nobody has approved."""

    log: EventLog
    flow: DataFlow
    _waited: float = 0.0
    # What an earlier run has taken is found by the first look.
    _owns: bool = True
    _named: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Nothing is taken yet."""
        self._space = None if self.flow.held else KeySpace.of(self.flow.destination)
        self._claims = Claims(self.log.pool)

    async def candidates(
        self, found: Sequence[Candidate]
    ) -> tuple[list[Candidate], tuple[Lost, ...]]:
        """Those that are the flow's own now; and those that it cannot copy."""
        whose = await self.take([each.destination_key for each in found])
        if not whose:
            return list(found), ()
        free = [each for each in found if each.destination_key not in whose]
        lost = tuple(
            Lost(
                key=each.found.key,
                version_id=each.found.version_id,
                destination_key=each.destination_key,
                code=CLAIMED,
                detail=whose[each.destination_key],
                side=Side.DESTINATION,
                size_bytes=each.found.size_bytes,
                etag=each.found.etag,
            )
            for each in found
            if each.destination_key in whose
        )
        return free, lost

    async def take(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Own the keys; of those that others own, who does."""
        if self._space is None or not keys:
            return {}
        self._owns = True
        names = {self._space.digest(each): each for each in keys}
        held = await self._taken([*names])
        return {names[place]: await self._who(held[place]) for place in held}

    async def _taken(self, places: Sequence[str]) -> Mapping[str, Holder]:
        """Waits, within bounds, for those who let go by themselves."""
        while True:
            held = await self._claims.take(self.flow.data_flow_id, places)
            leaving = any(each.leaving for each in held.values())
            if not leaving or self._waited >= _PATIENCE_SECONDS:
                return held
            began = time.monotonic()
            await asyncio.sleep(_POLL_SECONDS)
            self._waited += time.monotonic() - began

    async def _who(self, holder: Holder) -> str:
        """Names the flow to those whose it is; of others nobody hears."""
        owner = holder.data_flow_id
        if owner not in self._named:
            other, _ = await load(self.log, owner)
            known = (
                f"data flow {owner}" if may_know(self.flow, other) else "another flow"
            )
            self._named[owner] = f"{known} writes this key, and is not over"
        return self._named[owner]

    async def opened(self) -> bool:
        """Whether the flow's approved plan may be begun."""
        return await self._claims.opened(self.flow.data_flow_id)

    async def open(self) -> None:
        """All that the approved plan writes is its own: it is begun."""
        await self._claims.open(self.flow.data_flow_id)

    async def let_go(self, state: Transfer) -> None:
        """Of a flow without an end: what it has copied is nobody's any more."""
        if self._space is not None and self._owns:
            flow = self.flow.data_flow_id
            freed = await self._claims.release_done(flow, state.segments)
            self._owns = not freed
