"""A worker that sleeps past its lease wakes up to find that it has lost it."""

from domain.data_flow import State
from domain.segment.events import SegmentLeased
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

FLOW = "flow-1"
PARTS = 4


async def workers_of(plane: Plane) -> list[str]:
    events = await plane.events(FLOW)
    return [each.worker for each in history.of_kind(events, SegmentLeased)]


async def test_a_zombie_appends_nothing(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    sent = await storage.seed(bucket_pair, {"big": PARTS * 5 * MIB})
    front.bytes_per_second = 4 * MIB
    plane.environment["WAYBILL_WORKER_PARTS"] = "2"
    plane.start("commands", "dispatcher", "worker-1")
    through = storage.destination_at(bucket_pair, front.url)
    await plane.request("start", Copy(through, "big", "copy", SMALL_PARTS).start(FLOW))
    await plane.records(FLOW, "segment.part-copied.v1")
    plane.pause("worker-1")
    zombie = (await workers_of(plane))[0]

    front.bytes_per_second = None
    plane.start("worker-2")
    await plane.reaches(FLOW, State.COMPLETED)
    await plane.cleaned_up()
    leases = await workers_of(plane)
    assert leases[0] == zombie
    assert zombie not in leases[1:]
    finished = await plane.events(FLOW)

    # It finds its lease lost when it wants to record what it was sending.
    plane.go_on("worker-1")

    async def fenced() -> bool:
        return "segment fenced" in plane.output("worker-1")

    await plane.until("the zombie to notice", fenced, FLOW)
    assert await plane.events(FLOW) == finished
    assert await storage.arrived(bucket_pair) == {"copy": sent["big"]}
    assert await storage.unfinished_uploads(bucket_pair) == []

    plane.kill("worker-2")
    await is_of_use(plane, Copy(bucket_pair, "big", "second", SMALL_PARTS))


async def is_of_use(plane: Plane, copy: Copy) -> None:
    await plane.request("start", copy.start("flow-2"))
    await plane.reaches("flow-2", State.COMPLETED)
