"""Objects that cannot be copied end in the outcome of their flow: named and counted."""

from collections import Counter

from domain.segment.events import ObjectsCopied, SegmentFailed
from domain.transfer.events import TransferCompleted
from tests.scenarios import history, storage
from tests.scenarios.control_plane import ControlPlane
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front, Seen
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

FLOW = "flow-1"
SIZES = {
    "in/big": 12 * MIB,
    "in/big-poison": 12 * MIB,
    "in/small": 100,
    "in/small-poison": 100,
    "in/small-too": 0,
}
POISON = {"out/big-poison", "out/small-poison"}


def poisoned(front: Front) -> Counter[str]:
    """How often the destination was asked to take the poison, which it refuses."""
    asked: Counter[str] = Counter()

    def refuses(seen: Seen) -> bool:
        wrong = seen.key in POISON and (seen.is_object or seen.is_part)
        asked[seen.key] += wrong
        return wrong

    front.refuses = refuses
    return asked


async def told_of(plane: Plane, pair: BucketPair) -> str:
    """Copy all of it; what the control plane is told of the errors."""
    async with ControlPlane.open() as control:
        plane.start("commands", "dispatcher", "worker", "projections")
        copy = Copy(pair, "in/", "out/", SMALL_PARTS, control.url)
        await plane.request("start", copy.start(FLOW))
        await plane.records(FLOW, "callback.delivered.v1")
        (call,) = control.calls
    assert call.path.endswith("/errored")
    return str(call.body["error"])


async def test_poison_objects_are_told_of_and_stop_no_other(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    sent = await storage.seed(bucket_pair, SIZES)
    asked = poisoned(front)
    said = await told_of(plane, storage.destination_at(bucket_pair, front.url))
    assert said.startswith("storage.denied: 2 of 5 objects failed; first: in/")
    assert "poison" in said
    names = {key: key.replace("in/", "out/") for key in sent}
    arrived = {names[k]: digest for k, digest in sent.items() if names[k] not in POISON}
    assert await storage.arrived(bucket_pair) == arrived
    # Refused for good: asked once for each of the parts in flight, never in a loop.
    assert asked["out/small-poison"] == 1
    assert 1 <= asked["out/big-poison"] <= 3
    await is_in_the_log(plane)

    await plane.request("terminate", told(FLOW, "terminate"))
    await plane.cleaned_up()
    assert await storage.unfinished_uploads(bucket_pair) == []


async def is_in_the_log(plane: Plane) -> None:
    """Which objects failed, why, and how many."""
    events = await plane.events(FLOW)
    (totals,) = history.of_kind(events, TransferCompleted)
    assert (totals.objects, totals.failed_objects) == (3, 2)
    assert totals.size_bytes == sum(n for k, n in SIZES.items() if "poison" not in k)
    slices = history.of_kind(events, ObjectsCopied)
    (small,) = [e for each in slices for e in each.objects if e.error]
    (big,) = history.of_kind(events, SegmentFailed)
    assert (small.error, big.code) == ("storage.denied", "storage.denied")
    assert (small.detail or "").startswith("in/small-poison: destination: ")
    assert big.detail.startswith("in/big-poison: destination: ")
