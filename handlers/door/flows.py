"""Which flow a request is about, and whether its state lets it in."""

import time
from enum import StrEnum

from domain.data_flow import DataFlow, State
from domain.errors import (
    DataPlaneError,
    IllegalTransitionError,
    Side,
    UnknownFlowError,
)
from domain.location import Direction, Role
from eventlog import EventLog
from handlers.commands.handle import load

_FRESH_SECONDS = 1.0
_MOST_KEPT = 4096
_OPEN_STATES = frozenset({State.STARTED, State.PREPARED})


class Use(StrEnum):
    """What the other side does at the door."""

    READS = "reads"
    SENDS = "sends"


class Flows:
    """Data flows as the log has them, read again after a second at most."""

    def __init__(self, log: EventLog) -> None:
        """Nothing is kept yet."""
        self._log = log
        self._kept: dict[str, tuple[float, DataFlow]] = {}
        self._forgotten = 0

    async def get(self, data_flow_id: str) -> DataFlow:
        """The flow. Raises UnknownFlowError, and what the database raises."""
        kept = self._kept.get(data_flow_id)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        return await self.fresh(data_flow_id)

    async def fresh(self, data_flow_id: str) -> DataFlow:
        """The flow as it is now."""
        before = self._forgotten
        until = time.monotonic() + _FRESH_SECONDS
        flow, _ = await load(self._log, data_flow_id)
        if not flow.exists:
            raise UnknownFlowError("there is no data flow with this id")
        # Whoever was told of a stop meanwhile must not find what was read before it.
        if flow.state in _OPEN_STATES and before == self._forgotten:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[data_flow_id] = (until, flow)
        return flow

    def forget(self, data_flow_id: str) -> None:
        """Its state has changed."""
        self._forgotten += 1
        self._kept.pop(data_flow_id, None)


def admitted(flow: DataFlow) -> Use:
    """How the door may be used for the flow, now.

    Raises DataPlaneError: suspended, ended, not begun, or not a flow of the door's.
    """
    if flow.state is State.SUSPENDED:
        raise stopped(State.SUSPENDED)
    if flow.final:
        raise stopped(flow.state)
    if flow.role is Role.PROVIDER and flow.direction is Direction.PULL:
        if flow.state is State.STARTED:
            return Use.READS
        raise _too_early(flow, "be read")
    if flow.role is Role.CONSUMER and flow.direction is Direction.PUSH:
        if flow.state in _OPEN_STATES:
            return Use.SENDS
        raise _too_early(flow, "receive")
    raise IllegalTransitionError("the other side of this flow has no use of the door")


def stopped(state: str) -> DataPlaneError:
    """The refusal of a flow in this state: suspended, or final."""
    suspended = state.upper() == State.SUSPENDED
    return DataPlaneError(
        f"the data flow is {state}",
        code="flow.suspended" if suspended else "flow.ended",
        side=Side.CALLER,
    )


def _too_early(flow: DataFlow, what: str) -> IllegalTransitionError:
    return IllegalTransitionError(f"a data flow that is {flow.state} cannot {what}")
