"""
A flow copies when it may, and is told when it is late; whoever is killed meanwhile.

    the clock             plane                            control plane
    too early         →   deferred (state STARTED)
    the window opens  →   taken up: only missing parts
    the window ends   →   deferred, all put down
    the deadline      →   deadline-missed, goes on; or
                          failed, cleaned up           →   errored
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.data_flow import State
from domain.data_flow.events import DataFlowErrored
from domain.scheduling.timing import Reason
from domain.segment.events import PartCopied, SegmentDone, SegmentLeased, SegmentParked
from domain.transfer.events import (
    MultipartUploadAborted,
    MultipartUploadCreated,
    TransferDeadlineMissed,
    TransferDeferred,
    TransferPlanningStarted,
    TransferTakenUp,
)
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

PARTS = 12
SIZE = PARTS * 5 * MIB
OURS = ("commands", "dispatcher", "worker")
PUT_DOWN, TAKEN = (SegmentParked, SegmentDone), (SegmentLeased, PartCopied)
CLOCK = "%H:%M:%S"


def ahead(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@dataclass
class Ground:
    """A plane that is up, and a large object that is not copied soon by itself."""

    plane: Plane
    pair: BucketPair
    front: Front
    flow: str
    sent: storage.Digests

    async def start(self, **timing: Any) -> None:
        """Begin; the moments of the timing are counted from here."""
        through = storage.destination_at(self.pair, self.front.url)
        copy = Copy(through, "big", "copy", {**SMALL_PARTS, **timing})
        reply = await self.plane.request("start", copy.start(self.flow))
        assert reply.status is not None, reply
        assert reply.status.state == State.STARTED

    async def restart(self) -> None:
        """Whoever is started again knows all from the log."""
        self.plane.kill("dispatcher")
        self.plane.start("dispatcher")

    async def completes(self) -> None:
        """To the end, and no part is recorded twice."""
        self.front.bytes_per_second = None
        await self.plane.reaches(self.flow, State.COMPLETED)
        assert await storage.arrived(self.pair, "copy") == {"copy": self.sent["big"]}
        events = await self.plane.events(self.flow)
        assert sorted(history.parts(events).values()) == [1] * PARTS
        await self.plane.cleaned_up()


@pytest.fixture
async def slow(
    plane: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> Ground:
    """Give all of it; one small object has been copied, so everybody is there."""
    sent = await storage.seed(bucket_pair, {"big": SIZE, "small": 5})
    plane.environment["WAYBILL_WORKER_PARTS"] = "2"
    plane.start(*OURS)
    await plane.request("start", Copy(bucket_pair, "small", "small").start("first"))
    await plane.reaches("first", State.COMPLETED)
    front.bytes_per_second = MIB
    return Ground(plane, bucket_pair, front, flow, sent)


async def test_nothing_is_done_before_its_time_also_after_a_restart(
    slow: Ground,
) -> None:
    begin = ahead(8)
    await slow.start(notBefore=begin.isoformat())
    await slow.plane.records(slow.flow, TransferDeferred.TOPIC)
    await slow.restart()
    await slow.completes()
    events = await slow.plane.events(slow.flow)
    (deferred,) = history.of_kind(events, TransferDeferred)
    assert (deferred.reason, deferred.until) == (Reason.NOT_BEFORE, begin)
    (planning,) = [e for e in events if isinstance(e.event, TransferPlanningStarted)]
    assert planning.metadata.recorded_at >= begin


async def test_it_is_put_down_at_the_end_of_a_window_and_goes_on_in_the_next(
    slow: Ground,
) -> None:
    plane, flow = slow.plane, slow.flow
    now, ends, again, end = (ahead(seconds) for seconds in (-5, 8, 18, 3600))
    windows = [
        f"{now:{CLOCK}}-{ends:{CLOCK}} UTC",
        f"{again:{CLOCK}}-{end:{CLOCK}} UTC",
    ]
    await slow.start(window=windows)
    await plane.records(flow, TransferDeferred.TOPIC)
    await plane.records(flow, SegmentParked.TOPIC)
    (deferred,) = history.of_kind(await plane.events(flow), TransferDeferred)
    assert deferred.reason is Reason.WINDOW
    assert (await plane.flow(flow)).state is State.STARTED
    await slow.restart()
    await plane.records(flow, TransferTakenUp.TOPIC)
    events = await plane.events(flow)
    (taken_up,) = [e for e in events if isinstance(e.event, TransferTakenUp)]
    before = [e for e in events if e.position < taken_up.position]
    # All was put down, and nobody has copied or taken up anything since.
    last = [e for e in before if isinstance(e.event, (*PUT_DOWN, *TAKEN))][-1]
    assert isinstance(last.event, PUT_DOWN)
    assert taken_up.metadata.recorded_at >= deferred.until
    await slow.completes()


async def test_a_missed_deadline_is_reported_once_and_it_goes_on(slow: Ground) -> None:
    deadline = ahead(5)
    await slow.start(deadline=deadline.isoformat())
    await slow.plane.records(slow.flow, TransferDeadlineMissed.TOPIC)
    await slow.restart()
    await slow.completes()
    events = await slow.plane.events(slow.flow)
    (missed,) = [e for e in events if isinstance(e.event, TransferDeadlineMissed)]
    assert missed.metadata.recorded_at >= deadline
    assert (await slow.plane.flow(slow.flow)).error is None


@pytest.mark.parametrize("suspended", [False, True])
async def test_a_deadline_may_end_the_copying_and_nothing_is_left(
    slow: Ground, *, suspended: bool
) -> None:
    plane, flow = slow.plane, slow.flow
    await slow.start(deadline=ahead(8).isoformat(), deadlineAction="fail")
    if suspended:
        await plane.records(flow, MultipartUploadCreated.TOPIC)
        await plane.request("suspend", told(flow, "suspend"))
    await plane.records(flow, DataFlowErrored.TOPIC)
    (errored,) = history.of_kind(await plane.events(flow), DataFlowErrored)
    assert errored.code == "transfer.deadline-exceeded"
    expected = State.SUSPENDED if suspended else State.STARTED
    assert (await plane.flow(flow)).state is expected
    await plane.records(flow, MultipartUploadAborted.TOPIC)
    assert await storage.unfinished_uploads(slow.pair) == []
    assert await storage.arrived(slow.pair, "copy") == {}
    await plane.request("terminate", told(flow, "terminate"))
    await plane.cleaned_up()
