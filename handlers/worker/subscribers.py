"""The worker's side of the bus: segments, stops, heartbeats."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from faststream import AckPolicy
from faststream.nats import NatsBroker, NatsMessage, PullSub

from domain import names
from domain.data_flow import State
from handlers import bus
from handlers.causes import DATABASE_DOWN
from handlers.commands.handle import load
from handlers.messages import Confirmation, Control, Heartbeat, SegmentTask
from handlers.settings import Settings
from handlers.worker.carry_out import Outcome, Worker

_log = logging.getLogger(__name__)

_LONGEST_DELAY_SECONDS = 30
_RECHECK_BEATS = 5


class Subscribers:
    """Parses, calls, acknowledges."""

    def __init__(self, worker: Worker, broker: NatsBroker, settings: Settings) -> None:
        """Subscribe it with `attach`, then keep `beat` running."""
        self._worker = worker
        self._broker = broker
        self._settings = settings

    def attach(self) -> None:
        """Hear segments and stops."""
        self._broker.subscriber(
            names.TASK_SUBJECTS,
            stream=bus.TASKS,
            durable=names.TASK_DURABLE,
            config=bus.task_consumer(self._settings),
            # More would be taken from the server and wait here without a heartbeat.
            pull_sub=PullSub(batch_size=1, timeout=1),
            max_workers=self._settings.worker_segments,
            # A fenced segment's message is another worker's to acknowledge.
            ack_policy=AckPolicy.MANUAL,
        )(self.segment)
        # The answer is published below: the library's own, of nothing, is one too many.
        self._broker.subscriber(names.CONTROL_SUBJECTS, no_reply=True)(self.control)

    async def segment(self, message: NatsMessage) -> None:
        """A segment to do."""
        delivery = message.raw_message.metadata.num_delivered
        task = SegmentTask.model_validate_json(message.body)
        async with _kept(message, self._settings.ack_wait_seconds / 3):
            try:
                outcome = await self._worker.carry_out(task, delivery)
            except DATABASE_DOWN:
                outcome = Outcome.AGAIN
        match outcome:
            case Outcome.OVER:
                await message.ack()
            case Outcome.AGAIN:
                await message.nack(delay=min(2**delivery, _LONGEST_DELAY_SECONDS))
            case Outcome.FENCED:
                return

    async def control(self, message: NatsMessage) -> None:
        """A flow stops; the answer says that it stands still here."""
        control = Control.model_validate_json(message.body)
        await self._worker.hand.stop_flow(control.data_flow_id, control.state.lower())
        if message.raw_message.reply:
            confirmation = Confirmation(worker=self._worker.name)
            await self._broker.publish(confirmation, message.raw_message.reply)

    async def beat(self) -> None:
        """Until cancelled: tell that we live, and look for stops that we missed."""
        for count in range(1 << 62):
            beat = Heartbeat(
                worker=self._worker.name,
                slots=self._settings.worker_segments,
                segments=self._worker.hand.names(),
            )
            with contextlib.suppress(Exception):
                await self._broker.publish(beat, names.worker_subject(beat.worker))
            if count % _RECHECK_BEATS == 0:
                await self._recheck()
            await asyncio.sleep(self._settings.heartbeat_seconds)

    async def _recheck(self) -> None:
        # A broadcast is lost while the connection is down; the log is not.
        for data_flow_id in self._worker.hand.flows():
            with contextlib.suppress(*DATABASE_DOWN):
                flow, _ = await load(self._worker.log, data_flow_id)
                if flow.state is not State.STARTED:
                    await self._worker.hand.stop_flow(data_flow_id, flow.state.lower())


@contextlib.asynccontextmanager
async def _kept(message: NatsMessage, every_seconds: float) -> AsyncGenerator[None]:
    """The message stays ours while the block runs."""

    async def beat() -> None:
        while True:
            # At once: it may have waited here, unheard of, for almost too long.
            with contextlib.suppress(Exception):
                await message.in_progress()
            await asyncio.sleep(every_seconds)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
