"""The door's side of the bus: it stops with the workers, and beats as they do."""

import asyncio
import contextlib
from dataclasses import dataclass

from faststream.nats import NatsBroker, NatsMessage

from domain import names
from domain.data_flow import State
from domain.errors import UnknownFlowError
from handlers.causes import DATABASE_DOWN
from handlers.door.flows import Flows
from handlers.door.hand import InHand
from handlers.messages import Confirmation, Control, Heartbeat

_RECHECK_BEATS = 5
# What is being read or sent when a flow completes may come to its end.
_STOPS = frozenset({State.SUSPENDED, State.TERMINATED})


@dataclass(frozen=True)
class Controls:
    """Hears that a flow stops; says so when no byte of it moves here any more."""

    name: str
    broker: NatsBroker
    flows: Flows
    hand: InHand
    heartbeat_seconds: float

    def attach(self) -> None:
        """Hear stops."""
        self.broker.subscriber(names.CONTROL_SUBJECTS)(self.control)

    async def control(self, message: NatsMessage) -> None:
        """A flow stops."""
        control = Control.model_validate_json(message.body)
        self.flows.forget(control.data_flow_id)
        if control.state in _STOPS:
            await self.hand.stop_flow(control.data_flow_id, control.state.lower())
        if message.raw_message.reply:
            confirmation = Confirmation(worker=self.name)
            await self.broker.publish(confirmation, message.raw_message.reply)

    async def beat(self) -> None:
        """Until cancelled: tell that we live, and look for stops that we missed."""
        for count in range(1 << 62):
            beat = Heartbeat(worker=self.name, slots=0, segments=self.hand.names())
            with contextlib.suppress(Exception):
                await self.broker.publish(beat, names.worker_subject(self.name))
            if count % _RECHECK_BEATS == 0:
                await self._recheck()
            await asyncio.sleep(self.heartbeat_seconds)

    async def _recheck(self) -> None:
        # A broadcast is lost while the connection is down; the log is not.
        for data_flow_id in self.hand.flows():
            with contextlib.suppress(UnknownFlowError, *DATABASE_DOWN):
                flow = await self.flows.fresh(data_flow_id)
                if flow.state in _STOPS:
                    await self.hand.stop_flow(data_flow_id, flow.state.lower())
