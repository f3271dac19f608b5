"""Whoever comes next is soon served, whatever is queued: by tenants, by priority."""

from typing import Any

from domain.data_flow import State
from domain.message import Recorded
from domain.segment.events import SegmentDone, SegmentLeased
from domain.transfer.events import MultipartUploadAborted
from tests.scenarios import storage
from tests.scenarios.flows import Copy, told
from tests.scenarios.plane import Plane
from tests.services import BucketPair

# Each small object a segment of its own, and its completion another.
SEGMENTS = {"forceMultipart": True}
SMALL, TIMES = 6, 32


async def flow_of(
    plane: Plane, pair: BucketPair, flow: str, count: int, **options: Any
) -> None:
    """A flow of so many segments."""
    names = [f"{flow}/{number:03}" for number in range(count)]
    await storage.seed(pair, dict.fromkeys(names, 10))
    copy = Copy(pair, f"{flow}/", f"out/{flow}/", {**SEGMENTS, **options})
    await plane.request("start", copy.start(flow))
    await plane.records(flow, "transfer.page-planned.v1")


def positions(
    events: list[Recorded], kind: type[SegmentDone | SegmentLeased]
) -> list[int]:
    """Where in the log they are; of completions none, which have another turn."""
    return [
        each.position
        for each in events
        if isinstance(each.event, kind) and not each.event.segment_id.endswith("-c")
    ]


async def test_a_tenant_of_few_segments_gets_its_half_beside_one_of_many(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    plane.start("commands", "dispatcher", "worker")
    await flow_of(plane, bucket_pair, "big", SMALL * TIMES, tenant="crowd")
    await flow_of(plane, bucket_pair, "small", SMALL, tenant="lone")
    # Nothing of the turns is remembered, and they are kept all the same.
    plane.kill("dispatcher")
    plane.start("dispatcher")
    await plane.reaches("small", State.COMPLETED)
    assert (await plane.flow("big")).state is State.STARTED
    small, big = await plane.events("small"), await plane.events("big")
    begun = positions(small, SegmentLeased)
    beside = [
        at for at in positions(big, SegmentLeased) if min(begun) < at < max(begun)
    ]
    assert len(begun) == SMALL
    assert len(begun) / (len(begun) + len(beside)) >= 0.45
    await plane.request("terminate", told("big", "terminate"))
    # One after the other, and there are many.
    for count in range(25, SMALL * TIMES // 2, 25):
        await plane.records("big", MultipartUploadAborted.TOPIC, count)
    await plane.cleaned_up()


async def test_a_higher_priority_given_meanwhile_overtakes(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    plane.environment["WAYBILL_QUEUED_PER_SLOT"] = "1"
    plane.start("commands", "dispatcher", "gateway")
    for flow in ("first", "second"):
        await flow_of(plane, bucket_pair, flow, 24)
    said = {"messageId": "urgent", "priority": 5}
    path = "/management/dataflows/second/priority"
    assert (await plane.http("POST", path, said)).status_code == 200
    assert (await plane.flow("second")).priority == 5
    plane.start("worker")
    for flow in ("second", "first"):
        await plane.reaches(flow, State.COMPLETED)
    first, second = [
        positions(await plane.events(flow), SegmentDone) for flow in ("first", "second")
    ]
    # Eight were queued before there was a second flow; then it is one to four.
    assert len([at for at in first if at > max(second)]) >= 6
    await plane.cleaned_up()
