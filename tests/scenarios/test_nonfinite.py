"""
A flow without an end copies what comes, until it is told to stop.

    control plane        plane                      source
    start (finite: no) → STARTED, copies all         a, b
                         lists on from the last key   c (later)
                         copies c                     nothing: waits
    completed          → COMPLETED, nothing is left
"""

import pytest

from domain.data_flow import State
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

FLOW = "flow-1"
OPTIONS = {**SMALL_PARTS, "finite": False}


async def started(plane: Plane, pair: BucketPair) -> storage.Digests:
    """A flow that has copied what there was at its beginning."""
    plane.environment["WAYBILL_WATCH_SECONDS"] = "0.3"
    sent = await storage.seed(pair, {"in/a": 1, "in/b": 6 * MIB})
    plane.start("commands", "dispatcher", "worker")
    message = Copy(pair, "in/", "out/", OPTIONS).start(FLOW)
    reply = await plane.request("start", message)
    assert reply.status is not None, reply
    await arrive(plane, pair, sent)
    return sent


async def arrive(plane: Plane, pair: BucketPair, sent: storage.Digests) -> None:
    """Wait until exactly these are at the destination."""
    wanted = {key.replace("in/", "out/"): digest for key, digest in sent.items()}

    async def there() -> bool:
        return await storage.arrived(pair) == wanted

    await plane.until(f"{sorted(wanted)} to arrive", there, FLOW)


async def owns_nothing(plane: Plane) -> bool:
    return await plane.rows("SELECT count(*) FROM work.claim") == [(0,)]


@pytest.mark.parametrize(
    ("verb", "state"),
    [("completed", State.COMPLETED), ("terminate", State.TERMINATED)],
)
async def test_what_comes_later_is_copied_until_the_flow_is_told_to_end(
    plane: Plane, bucket_pair: BucketPair, verb: str, state: State
) -> None:
    sent = await started(plane, bucket_pair)
    for later in ({"in/c": 3}, {"in/d": 6 * MIB, "in/e": 0}):
        sent |= await storage.seed(bucket_pair, later)
        await arrive(plane, bucket_pair, sent)
    assert (await plane.flow(FLOW)).state is State.STARTED
    # What is copied is anybody's again, however long the flow will go on.
    await plane.until("its keys to be free", lambda: owns_nothing(plane), FLOW)
    await plane.request(verb, told(FLOW, verb))
    await plane.reaches(FLOW, state)
    await plane.cleaned_up()
    assert await storage.unfinished_uploads(bucket_pair) == []
    topics = await plane.topics(FLOW)
    assert "transfer.planned.v1" not in topics
    # One page with what there was, and one each time that something had come.
    assert topics.count("transfer.page-planned.v1") >= 3


async def test_it_goes_on_after_a_suspend_and_after_a_kill(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    sent = await started(plane, bucket_pair)
    await plane.request("suspend", told(FLOW, "suspend"))
    later = await storage.seed(bucket_pair, {"in/c": 6 * MIB})
    await plane.request("resume", told(FLOW, "resume"))
    await arrive(plane, bucket_pair, sent | later)
    plane.kill("dispatcher", "worker")
    last = await storage.seed(bucket_pair, {"in/d": 6 * MIB})
    plane.start("dispatcher", "worker-2")
    await arrive(plane, bucket_pair, sent | later | last)
    # Nothing was copied twice.
    assert set(history.parts(await plane.events(FLOW)).values()) == {1}
    await plane.request("completed", told(FLOW, "completed"))
    await plane.cleaned_up()
