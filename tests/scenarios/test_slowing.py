"""Who is asked to slow down does so, says it, and gets there; who must wait, waits."""

from domain.data_flow import State
from domain.segment.events import SegmentPaced
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front, Seen
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

PARTS = 12
# What botocore asks again in one try of ours, and our tries of a listing.
REQUESTS_BEFORE_GIVING_UP = 3 * 6


class Refusing:
    """Refuses the first so many of what it is asked about."""

    def __init__(self, first: int) -> None:
        self.left = first

    def __call__(self, _: Seen) -> bool:
        self.left -= 1
        return self.left >= 0


async def test_a_storm_of_slow_down_is_ridden_out_and_told(
    standing: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"big": PARTS * 5 * MIB})
    storm = Refusing(6)
    front.refusal = (503, "SlowDown")
    front.refuses = lambda seen: seen.is_part and storm(seen)
    pair = storage.destination_at(bucket_pair, front.url)
    copy = Copy(pair, "big", "copy", SMALL_PARTS)
    await standing.request("start", copy.start(flow))
    await standing.reaches(flow, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"copy": sent["big"]}
    assert sorted(front.parts().values()) == [1] * PARTS

    told = history.of_kind(await standing.events(flow), SegmentPaced)
    assert told
    assert told[0].reason == "storage.throttled"
    assert told[0].requests_after == told[0].requests_before // 2
    assert told[0].endpoint == front.url.removeprefix("http://")
    # Decisions, not requests.
    assert len(told) < PARTS


async def test_a_source_that_is_away_for_long_is_planned_when_it_is_back(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"in/a": 10})
    async with Front.open(bucket_pair.source.endpoint) as door:
        away = Refusing(REQUESTS_BEFORE_GIVING_UP + 1)
        door.refusal = (500, "InternalError")
        door.refuses = lambda seen: "list-type" in seen.query and away(seen)
        pair = storage.source_at(bucket_pair, door.url)
        await standing.request("start", Copy(pair, "in/", "out/").start(flow))
        await standing.reaches(flow, State.COMPLETED)
    assert away.left < 0
    assert await storage.arrived(bucket_pair) == {"out/a": sent["in/a"]}
    assert "data-flow.errored.v1" not in await standing.topics(flow)
