"""Keeps segments queued for workers: some, never all.

About twice the workers' slots are in the queue, of all flows together: enough that no
worker waits, few enough that whoever comes next is soon served, that shares are kept
(`Shares`), and that a suspend leaves little behind.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from domain import names
from handlers.coordinator.queued import Queued, SegmentRow
from handlers.coordinator.shares import Shares
from handlers.messages import Control, Heartbeat, SegmentTask
from handlers.settings import Settings

_log = logging.getLogger(__name__)

_FEWEST_SLOTS = 8
# So long a worker that has a segment in hand does not fail to say so.
_SILENT_BEATS = 3


@dataclass
class Dispatcher:
    """Publishes tasks, and notices those that the broker has lost."""

    broker: NatsBroker
    client: Client
    queued: Queued
    settings: Settings
    _workers: dict[str, tuple[int, float]] = field(
        default_factory=dict[str, tuple[int, float]]
    )
    _heard: dict[tuple[str, str], float] = field(
        default_factory=dict[tuple[str, str], float]
    )

    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """All flows begin alike."""
        self._shares = Shares(self.queued, self.settings.shares)

    @property
    def _jetstream(self) -> JetStreamContext:
        return self.client.jetstream()

    async def heard(self, beat: Heartbeat) -> None:
        """A worker lives, and has these segments in hand."""
        now = time.monotonic()
        self._workers[beat.worker] = (beat.slots, now)
        for each in beat.segments:
            self._heard[each.data_flow_id, each.segment_id] = now

    def leased(self, data_flow_id: str, segment_id: str) -> None:
        """A worker has just taken it in hand."""
        self._heard[data_flow_id, segment_id] = time.monotonic()

    async def fill(self) -> None:
        """Give the free places of the queue to those whose turn it is."""
        async with self._turn:
            held = await self.queued.held()
            places = self.settings.queued_per_slot * self._slots()
            taken = [each for each in held if each.goes_on and not self._rests(each)]
            free = places - len(taken)
            if free > 0:
                await self._publish(await self._shares.choose(held, places, free))

    async def _publish(self, segments: Sequence[SegmentRow]) -> None:
        publishing = (self._publish_one(each) for each in segments)
        outcomes = await asyncio.gather(*publishing, return_exceptions=True)
        raised = [each for each in outcomes if each is not None]
        for segment, outcome in zip(segments, outcomes, strict=True):
            if outcome is None:
                await self.queued.mark_queued(segment)
        if raised:
            raise raised[0]

    async def _publish_one(self, segment: SegmentRow) -> None:
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
        self._heard[segment.key] = time.monotonic()

    async def withdraw(self, data_flow_id: str) -> None:
        """Take the flow's tasks out of the queue. What is missed, workers refuse."""
        subject = names.task_subject("*", data_flow_id, "*")
        # Not beside a round: it might be putting in what we take out.
        async with self._turn:
            with contextlib.suppress(NotFoundError):
                await self._jetstream.purge_stream(names.TASK_STREAM, subject=subject)

    async def hold(self, data_flow_id: str) -> None:
        """Have the workers put down what they have of it; those that miss it go on."""
        control = Control(data_flow_id=data_flow_id, state="WAITING")
        await self.broker.publish(control, names.control_subject(data_flow_id))

    async def in_hand(self, data_flow_id: str) -> bool:
        """Whether a worker has something of it, and has said so a moment ago."""
        leased = await self.queued.leased(data_flow_id)
        return any(not self._rests(each) for each in leased)

    async def sweep(self) -> set[str]:
        """Make ready again what the broker has lost; returns the flows concerned.

        Those too that a worker goes on with, because it missed that they stand still.
        """
        now = time.monotonic()
        patience = 2 * self.settings.ack_wait_seconds
        concerned: set[str] = set()
        segments = await self.queued.held()
        keys = {each.key for each in segments}
        self._heard = {k: v for k, v in self._heard.items() if k in keys}
        for segment in segments:
            key = segment.key
            if not segment.goes_on and segment.state == "leased":
                concerned.add(segment.data_flow_id)
            if now - self._heard.setdefault(key, now) < patience:
                continue
            if await self._in_stream(segment):
                self._heard[key] = now
                continue
            _log.warning(
                "segment lost by the broker", extra={"fields": {"segment": key}}
            )
            await self.queued.queue_again(segment)
            concerned.add(segment.data_flow_id)
        return concerned

    def _rests(self, segment: SegmentRow) -> bool:
        """Whether a worker has put it back, to try again later: it takes no place."""
        now = time.monotonic()
        silence = now - self._heard.setdefault(segment.key, now)
        beats = _SILENT_BEATS * self.settings.heartbeat_seconds
        return segment.state == "leased" and silence > beats

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
