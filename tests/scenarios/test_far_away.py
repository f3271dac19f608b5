"""Where each request takes its time, more of them go at once than the settings say."""

from domain import names
from domain.data_flow import State
from domain.endpoint import EndpointLearned
from domain.segment.events import ConcurrencyTuned
from tests.scenarios import history, storage
from tests.scenarios.flows import Copy
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.services import BucketPair

OBJECTS, START = 240, 4


async def test_far_away_more_go_at_once_and_it_is_told(
    plane: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {f"in/{n:03}": 100 for n in range(OBJECTS)})
    front.delay_seconds = 0.15
    plane.environment["WAYBILL_WORKER_PARTS"] = str(START)
    plane.environment["WAYBILL_WORKER_PARTS_MAX"] = "64"
    plane.start("commands", "dispatcher", "worker")
    pair = storage.destination_at(bucket_pair, front.url)
    await plane.request("start", Copy(pair, "in/", "in/").start(flow))
    await plane.reaches(flow, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == sent

    told = history.of_kind(await plane.events(flow), ConcurrencyTuned)
    assert told[0].requests_before == START
    assert told[0].requests_after >= 2 * START
    assert told[0].reason == "goodput-grew"
    assert told[0].destination == front.url.removeprefix("http://")
    # Decisions, not requests.
    assert len(told) <= 5
    assert front.most_at_once >= 2 * START

    learned = await plane.log.load(names.endpoint_stream(told[0].destination))
    events = history.of_kind(learned, EndpointLearned)
    found = [name for event in events for name in event.capabilities]
    assert "checksums-of-objects" in found
    # Once, whatever the number of segments.
    assert len(found) == len(set(found))
