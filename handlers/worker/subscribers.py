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
from handlers.messages import (
    Confirmation,
    Control,
    Heartbeat,
    LimitsNews,
    SegmentTask,
)
from handlers.settings import Settings
from handlers.worker.carry_out import Outcome, Worker
from handlers.worker.taking import Taking

_log = logging.getLogger(__name__)

_LONGEST_DELAY_SECONDS = 30
_RECHECK_BEATS = 5
# So that a hundred segments that begin at once are one piece of news.
_SHORTEST_BEAT_SECONDS = 0.05


class Subscribers:
    """Parses, calls, acknowledges."""

    def __init__(self, worker: Worker, broker: NatsBroker, settings: Settings) -> None:
        """Subscribe it with `attach`, then keep `beat` running."""
        self._worker = worker
        self._limiter = worker.limiter
        self._broker = broker
        self._settings = settings

    def attach(self) -> None:
        """Hear segments, stops, the other workers, and changes of limits."""
        segments = self._broker.subscriber(
            names.TASK_SUBJECTS,
            stream=bus.TASKS,
            durable=names.TASK_DURABLE,
            config=bus.task_consumer(self._settings),
            # More would be taken from the server and wait here without a heartbeat.
            pull_sub=PullSub(batch_size=1, timeout=1),
            max_workers=self._settings.worker_segments,
            # A fenced segment's message is another worker's to acknowledge.
            ack_policy=AckPolicy.MANUAL,
        )
        segments(self.segment)
        self._taking = Taking(segments, self._settings.worker_segments)
        # The answer is published below: the library's own, of nothing, is one too many.
        self._broker.subscriber(names.CONTROL_SUBJECTS, no_reply=True)(self.control)
        self._broker.subscriber(names.WORKER_SUBJECTS)(self.heard)
        self._broker.subscriber(names.LIMITS_SUBJECTS)(self.limits)

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

    async def heard(self, beat: Heartbeat) -> None:
        """A worker lives: it may share limits with us."""
        self._limiter.heard(beat)

    async def limits(self, _: LimitsNews) -> None:
        """Limits were changed."""
        with contextlib.suppress(*DATABASE_DOWN):
            await self._limiter.refresh()

    async def beat(self) -> None:
        """Until cancelled: tell that we live, and look for what we missed."""
        for count in range(1 << 62):
            self._taking.change(self._worker.feeding.wanted)
            beat = Heartbeat(
                worker=self._worker.name,
                slots=self._taking.most,
                segments=self._worker.hand.names(),
                scopes=self._limiter.scopes(),
            )
            with contextlib.suppress(Exception):
                await self._broker.publish(beat, names.worker_subject(beat.worker))
            self._limiter.share()
            if count % _RECHECK_BEATS == 0:
                await self._recheck()
            await self._until_the_next()

    async def _until_the_next(self) -> None:
        """At once where the others should know what limits we share now."""
        await asyncio.sleep(_SHORTEST_BEAT_SECONDS)
        left = self._settings.heartbeat_seconds - _SHORTEST_BEAT_SECONDS
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._limiter.news.wait(), max(left, 0.0))
        self._limiter.news.clear()

    async def _recheck(self) -> None:
        # A broadcast is lost while the connection is down; the log is not.
        with contextlib.suppress(*DATABASE_DOWN):
            await self._limiter.refresh()
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
