"""
Credentials that expire are no failure: the flow waits, and a resume lets it go on.

    storage               plane                         control plane
    ExpiredToken      →   parked, waiting           →   errored (state STARTED)
                          (nothing is tried again)  ←   resume, with new ones
    parts             ←   only those that are missing
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.data_flow import State
from domain.data_flow.events import DataFlowErrored
from domain.segment.events import SegmentLeased
from domain.transfer.events import MultipartUploadLeft, TransferWaiting
from tests.scenarios import history, storage
from tests.scenarios.control_plane import ControlPlane
from tests.scenarios.flows import SMALL_PARTS, Copy, address, told
from tests.scenarios.front import Front, Seen
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

FLOW = "flow-1"
PARTS = 12
SIZE = PARTS * 5 * MIB
OBSERVED_SECONDS = 2.0
EXPIRED = "storage.credentials-expired"
OURS = ("commands", "dispatcher", "worker-1", "worker-2")


class Clock:
    """Lets the token of the destination expire after so many stored parts."""

    def __init__(self, front: Front, after: int) -> None:
        self.front = front
        self.after = after
        self.refused = 0
        front.refusal = (400, "ExpiredToken")
        front.refuses = self

    def __call__(self, seen: Seen) -> bool:
        # Not in the midst of a probe: it has an upload of its own, that would be left.
        probe = ".waybill-probe-" in seen.key
        expired = len(self.front.parts()) >= self.after and not probe
        self.refused += expired
        return expired

    def renew(self) -> None:
        """The token is good again."""
        self.after = 1 << 30


async def waiting(
    plane: Plane, pair: BucketPair, front: Front, callback: str | None = None
) -> tuple[Clock, storage.Digests]:
    """A transfer whose token has expired in the middle, and that stands still."""
    sent = await storage.seed(pair, {"big": SIZE})
    clock = Clock(front, after=4)
    plane.environment["WAYBILL_WORKER_PARTS"] = "2"
    plane.start(*OURS)
    through = storage.destination_at(pair, front.url)
    copy = Copy(through, "big", "copy", SMALL_PARTS, callback)
    await plane.request("start", copy.start(FLOW))
    await plane.records(FLOW, "data-flow.errored.v1")
    return clock, sent


def renewed(pair: BucketPair, front: Front) -> dict[str, Any]:
    """The destination's address once more, with credentials."""
    through = storage.destination_at(pair, front.url)
    said = address(through.destination, pair.destination_bucket, "copy")
    return {"dataAddress": said}


async def stands_still(plane: Plane, clock: Clock) -> None:
    """Nobody asks the storage any more, nor takes a segment up."""

    async def done() -> tuple[int, int]:
        leases = history.of_kind(await plane.events(FLOW), SegmentLeased)
        return clock.refused, len(leases)

    async def nothing_is_done() -> bool:
        before = await done()
        await asyncio.sleep(OBSERVED_SECONDS)
        return await done() == before

    await plane.until("it to stand still", nothing_is_done, FLOW)


async def goes_on(
    plane: Plane, pair: BucketPair, front: Front, sent: storage.Digests, **more: Any
) -> None:
    """After a resume, to the end; no part that is there is sent again."""
    reply = await plane.request("resume", told(FLOW, "resume", **more))
    assert reply.problem is None, reply
    await plane.reaches(FLOW, State.COMPLETED)
    assert await storage.arrived(pair) == {"copy": sent["big"]}
    assert sorted(front.parts().values()) == [1] * PARTS
    assert sorted(history.parts(await plane.events(FLOW)).values()) == [1] * PARTS
    await plane.cleaned_up()


@pytest.mark.parametrize("by_address", [True, False])
async def test_a_token_that_expires_in_the_middle_is_waited_for(
    plane: Plane, bucket_pair: BucketPair, front: Front, *, by_address: bool
) -> None:
    clock, sent = await waiting(plane, bucket_pair, front)
    (waits,) = history.of_kind(await plane.events(FLOW), TransferWaiting)
    assert (waits.code, waits.side) == (EXPIRED, "destination")
    assert (await plane.flow(FLOW)).state is State.STARTED
    await stands_still(plane, clock)
    assert "segment.failed.v1" not in await plane.topics(FLOW)

    clock.renew()
    more = renewed(bucket_pair, front) if by_address else {}
    await goes_on(plane, bucket_pair, front, sent, **more)
    told_of = history.of_kind(await plane.events(FLOW), DataFlowErrored)
    assert [each.code for each in told_of] == [EXPIRED]


async def test_the_control_plane_is_told_once(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    async with ControlPlane.open() as control:
        plane.start("projections")
        clock, sent = await waiting(plane, bucket_pair, front, control.url)
        await plane.records(FLOW, "callback.delivered.v1")
        clock.renew()
        await goes_on(plane, bucket_pair, front, sent)
        await plane.records(FLOW, "callback.delivered.v1", 2)
        paths = [each.path.rpartition("/")[2] for each in control.calls]
        assert paths == ["errored", "completed"]
        assert EXPIRED in control.calls[0].body["error"]
        assert control.calls[0].body["state"] == State.STARTED


async def test_who_is_started_again_keeps_waiting(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    clock, sent = await waiting(plane, bucket_pair, front)
    await stands_still(plane, clock)
    plane.kill("dispatcher", "worker-1", "worker-2")
    plane.start("dispatcher", "worker-3")
    await stands_still(plane, clock)
    assert (await plane.topics(FLOW)).count("transfer.waiting.v1") == 1
    clock.renew()
    await goes_on(plane, bucket_pair, front, sent, **renewed(bucket_pair, front))


async def test_a_resume_that_brings_nothing_good_waits_once_more(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    clock, sent = await waiting(plane, bucket_pair, front)
    again = told(FLOW, "resume") | {"messageId": "too-early"}
    await plane.request("resume", again)
    await plane.records(FLOW, "transfer.waiting.v1", 2)
    await plane.records(FLOW, "data-flow.errored.v1", 2)
    clock.renew()
    await goes_on(plane, bucket_pair, front, sent, **renewed(bucket_pair, front))


async def test_a_waiting_flow_can_be_suspended_and_resumed(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    clock, sent = await waiting(plane, bucket_pair, front)
    reply = await plane.request("suspend", told(FLOW, "suspend"))
    assert reply.confirmation == "confirmed", reply
    clock.renew()
    await goes_on(plane, bucket_pair, front, sent)


async def test_a_waiting_flow_that_is_terminated_says_what_it_leaves(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    await waiting(plane, bucket_pair, front)
    reply = await plane.request("terminate", told(FLOW, "terminate"))
    assert reply.confirmation == "confirmed", reply
    await plane.cleaned_up()
    (left,) = history.of_kind(await plane.events(FLOW), MultipartUploadLeft)
    assert (left.destination_key, left.code) == ("copy", EXPIRED)
    assert "copy" in await storage.unfinished_uploads(bucket_pair)
    assert await storage.arrived(bucket_pair) == {}


async def test_small_objects_wait_too(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    keys = [f"in/{number:03}" for number in range(60)]
    sent = await storage.seed(bucket_pair, dict.fromkeys(keys, 100))
    front.refusal = (400, "ExpiredToken")
    front.refuses = lambda seen: seen.is_object and len(front.objects()) >= 30
    plane.start(*OURS)
    through = storage.destination_at(bucket_pair, front.url)
    await plane.request("start", Copy(through, "in/", "out/").start(FLOW))
    await plane.records(FLOW, "transfer.waiting.v1")
    await plane.records(FLOW, "data-flow.errored.v1")
    front.refuses = lambda _: False
    await plane.request("resume", told(FLOW, "resume"))
    await plane.reaches(FLOW, State.COMPLETED)
    arrived = {key.replace("in/", "out/"): digest for key, digest in sent.items()}
    assert await storage.arrived(bucket_pair) == arrived
    assert set(front.objects().values()) == {1}


async def test_a_listing_waits_where_it_is(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    sent = await storage.seed(bucket_pair, {"in/a": 10, "in/b": 20})
    async with Front.open(bucket_pair.source.endpoint) as door:
        door.refusal = (400, "ExpiredToken")
        door.refuses = lambda seen: "list-type" in seen.query
        plane.start(*OURS)
        through = storage.source_at(bucket_pair, door.url)
        await plane.request("start", Copy(through, "in/", "out/").start(FLOW))
        await plane.records(FLOW, "data-flow.errored.v1")
        (waits,) = history.of_kind(await plane.events(FLOW), TransferWaiting)
        assert (waits.code, waits.side) == (EXPIRED, "source")
        door.refuses = lambda _: False
        await plane.request("resume", told(FLOW, "resume"))
        await plane.reaches(FLOW, State.COMPLETED)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {"out/a": sent["in/a"], "out/b": sent["in/b"]}


async def test_no_request_is_sent_with_credentials_past_their_time(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    """The storage would still take them; but their own time is over."""
    sent = await storage.seed(bucket_pair, {"big": SIZE})
    front.bytes_per_second = 8 * MIB
    plane.environment["WAYBILL_WORKER_PARTS"] = "2"
    plane.start(*OURS)
    through = storage.destination_at(bucket_pair, front.url)
    copy = Copy(through, "big", "copy", SMALL_PARTS).start(FLOW)
    until = datetime.now(UTC) + timedelta(seconds=4)
    copy["metadata"]["destinationExpiration"] = until.isoformat()
    await plane.request("start", copy)
    await plane.records(FLOW, "data-flow.errored.v1")
    assert (await plane.flow(FLOW)).error == EXPIRED
    front.bytes_per_second = None
    await goes_on(plane, bucket_pair, front, sent, **renewed(bucket_pair, front))
