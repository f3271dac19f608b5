"""Keeps each flow's segments queued for workers: some, never all.

About twice the workers' slots of each flow are in the queue: enough that no worker
waits, few enough that flows share the workers and a suspend leaves little behind.
"""

import contextlib
import logging
import time
from dataclasses import dataclass, field

from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from domain import names
from handlers.coordinator.rows import Rows, SegmentRow
from handlers.messages import Control, Heartbeat, SegmentTask
from handlers.settings import Settings

_log = logging.getLogger(__name__)

_FEWEST_SLOTS = 8


@dataclass
class Dispatcher:
    """Publishes tasks, and notices those that the broker has lost."""

    broker: NatsBroker
    client: Client
    rows: Rows
    settings: Settings
    _workers: dict[str, tuple[int, float]] = field(
        default_factory=dict[str, tuple[int, float]]
    )
    _heard: dict[tuple[str, str], float] = field(
        default_factory=dict[tuple[str, str], float]
    )

    @property
    def _jetstream(self) -> JetStreamContext:
        return self.client.jetstream()

    async def heard(self, beat: Heartbeat) -> None:
        """A worker lives, and has these segments in hand."""
        now = time.monotonic()
        self._workers[beat.worker] = (beat.slots, now)
        for each in beat.segments:
            self._heard[each.data_flow_id, each.segment_id] = now

    async def dispatch(self, data_flow_id: str) -> None:
        """Fill the flow's share of the queue."""
        most = self.settings.queued_per_slot * self._slots()
        for segment in await self.rows.ready(data_flow_id, most):
            task = SegmentTask(
                data_flow_id=segment.data_flow_id,
                segment_id=segment.segment_id,
                epoch=segment.epoch,
            )
            message_id = names.task_message_id(
                segment.segment_id, segment.data_flow_id, segment.epoch
            )
            await self.broker.publish(
                task,
                _subject(segment),
                stream=names.TASK_STREAM,
                headers={"Nats-Msg-Id": message_id},
                timeout=5,
            )
            await self.rows.mark_queued(segment)
            self._heard[segment.data_flow_id, segment.segment_id] = time.monotonic()

    async def withdraw(self, data_flow_id: str) -> None:
        """Take the flow's tasks out of the queue. What is missed, workers refuse."""
        subject = names.task_subject("*", data_flow_id, "*")
        with contextlib.suppress(NotFoundError):
            await self._jetstream.purge_stream(names.TASK_STREAM, subject=subject)

    async def hold(self, data_flow_id: str) -> None:
        """Have the workers put down what they have of it; those that miss it go on."""
        control = Control(data_flow_id=data_flow_id, state="WAITING")
        await self.broker.publish(control, names.control_subject(data_flow_id))

    async def sweep(self) -> set[str]:
        """Make ready again what the broker has lost; returns the flows concerned."""
        now = time.monotonic()
        patience = 2 * self.settings.ack_wait_seconds
        lost: set[str] = set()
        segments = await self.rows.in_queue()
        names_ = {(s.data_flow_id, s.segment_id) for s in segments}
        self._heard = {k: v for k, v in self._heard.items() if k in names_}
        for segment in segments:
            key = (segment.data_flow_id, segment.segment_id)
            if now - self._heard.setdefault(key, now) < patience:
                continue
            if await self._in_stream(segment):
                self._heard[key] = now
                continue
            _log.warning(
                "segment lost by the broker", extra={"fields": {"segment": key}}
            )
            await self.rows.queue_again(segment)
            lost.add(segment.data_flow_id)
        return lost

    async def _in_stream(self, segment: SegmentRow) -> bool:
        try:
            await self._jetstream.get_last_msg(names.TASK_STREAM, _subject(segment))
        except NotFoundError:
            return False
        return True

    def _slots(self) -> int:
        since = time.monotonic() - 5 * self.settings.heartbeat_seconds
        self._workers = {w: b for w, b in self._workers.items() if b[1] >= since}
        return max(_FEWEST_SLOTS, sum(slots for slots, _ in self._workers.values()))


def _subject(segment: SegmentRow) -> str:
    return names.task_subject(segment.kind, segment.data_flow_id, segment.segment_id)
