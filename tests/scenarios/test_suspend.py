"""
Suspend stands still, resume copies only what is missing, terminate leaves nothing.

    control plane        plane                     destination (through a narrow door)
    start           →    STARTED                   ← parts, slowly
    suspend         →    SUSPENDED, confirmed      (no byte any more)
    resume          →    STARTED                   ← only the parts that are missing
"""

import asyncio
import time

from domain.data_flow import State
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

FLOW = "flow-1"
PARTS = 12
SIZE = PARTS * 5 * MIB
PART_COPIED = "segment.part-copied.v1"
# The promise: two seconds after the answer no byte arrives any more.
PROMISED_SECONDS = 2.0
OBSERVED_SECONDS = 1.0


async def running(plane: Plane, pair: BucketPair, front: Front) -> storage.Digests:
    """A transfer that has recorded some parts, and will not end by itself soon."""
    sent = await storage.seed(pair, {"big": SIZE})
    front.bytes_per_second = 8 * MIB
    plane.environment["WAYBILL_WORKER_PARTS"] = "2"
    plane.start("commands", "dispatcher", "worker-1", "worker-2")
    through = storage.destination_at(pair, front.url)
    await plane.request("start", Copy(through, "big", "copy", SMALL_PARTS).start(FLOW))
    await plane.records(FLOW, PART_COPIED, 2)
    return sent


async def stands_still(front: Front) -> None:
    """No byte arrives, from the promised moment on."""
    await asyncio.sleep(PROMISED_SECONDS)
    before = front.bytes_in
    await asyncio.sleep(OBSERVED_SECONDS)
    assert front.bytes_in == before


async def test_a_suspended_transfer_stands_still_and_a_resumed_one_goes_on(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    sent = await running(plane, bucket_pair, front)
    reply = await plane.request("suspend", told(FLOW, "suspend", reason="lunch"))
    assert reply.confirmation == "confirmed", reply
    await stands_still(front)
    recorded = history.parts(await plane.events(FLOW))
    assert len(recorded) < PARTS

    front.bytes_per_second = None
    stored = len(front.parts())
    resumed = await plane.request("resume", told(FLOW, "resume"))
    assert resumed.status is not None
    assert resumed.status.state == State.STARTED
    await plane.reaches(FLOW, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"copy": sent["big"]}
    assert len(recorded) <= stored < PARTS
    # Neither what was recorded nor what was only stored is sent again.
    assert sorted(front.parts().values()) == [1] * PARTS
    assert sorted(history.parts(await plane.events(FLOW)).values()) == [1] * PARTS
    await plane.cleaned_up()


async def test_a_terminated_transfer_leaves_nothing(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    await running(plane, bucket_pair, front)
    # The other worker may still be finding out what this storage can.
    assert "copy" in await storage.unfinished_uploads(bucket_pair)
    reply = await plane.request("terminate", told(FLOW, "terminate"))
    assert reply.confirmation == "confirmed", reply
    await stands_still(front)
    await plane.cleaned_up()
    assert await storage.unfinished_uploads(bucket_pair) == []
    assert await storage.arrived(bucket_pair) == {}
    topics = await plane.topics(FLOW)
    assert "transfer.multipart-upload-aborted.v1" in topics
    assert "data-flow.completed.v1" not in topics


async def test_a_suspended_transfer_can_be_terminated(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    await running(plane, bucket_pair, front)
    await plane.request("suspend", told(FLOW, "suspend"))
    await plane.request("terminate", told(FLOW, "terminate"))
    await plane.cleaned_up()
    assert await storage.unfinished_uploads(bucket_pair) == []


async def test_a_stop_is_confirmed_as_soon_as_all_stand_still(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    plane.environment["WAYBILL_CONFIRM_SECONDS"] = "20"
    await running(plane, bucket_pair, front)
    for verb in ("suspend", "resume", "terminate"):
        began = time.monotonic()
        reply = await plane.request(verb, told(FLOW, verb))
        assert time.monotonic() - began < 10
        assert reply.confirmation == (None if verb == "resume" else "confirmed")


async def test_a_worker_that_is_stopped_puts_its_segments_down(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    sent = await running(plane, bucket_pair, front)
    await plane.stop("worker-1", "worker-2")
    parked = (await plane.topics(FLOW)).count("segment.parked.v1")
    assert parked > 0
    front.bytes_per_second = None
    plane.start("worker-3")
    await plane.reaches(FLOW, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"copy": sent["big"]}
    assert sorted(front.parts().values()) == [1] * PARTS
