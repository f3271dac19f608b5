"""An endpoint that copies nothing by itself, although the plan says that it does."""

import pytest

from domain.data_flow import State
from domain.segment.events import (
    ObjectCopied,
    ObjectsCopied,
    PartCopied,
    SegmentPlanned,
    Verdict,
)
from domain.transfer.events import Route
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front, Seen
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair


@pytest.fixture
def within(bucket_pair: BucketPair) -> BucketPair:
    """Both sides in the destination's bucket."""
    side, bucket = bucket_pair.destination, bucket_pair.destination_bucket
    return BucketPair(side, side, bucket, bucket)


async def test_it_is_copied_through_a_worker_and_that_is_told(
    standing: Plane, within: BucketPair, front: Front, flow: str
) -> None:
    behind = storage.source_at(storage.destination_at(within, front.url), front.url)
    tried: list[Seen] = []

    def refuses(seen: Seen) -> bool:
        if seen.is_copy:
            tried.append(seen)
        return seen.is_copy

    sent = await storage.seed(within, {"in/big": 12 * MIB, "in/a": 10, "in/b": 20})
    front.refuses, front.refusal = refuses, (501, "NotImplemented")
    first = Copy(behind, "in/", "out/", SMALL_PARTS)
    await standing.request("start", first.start(flow))
    await standing.reaches(flow, State.COMPLETED)
    arrived = await storage.arrived(within, "out/")
    assert arrived == {k.replace("in/", "out/"): v for k, v in sent.items()}
    assert await storage.unfinished_uploads(within) == []

    await told_truly(standing, flow)

    # The worker has learnt it: the next flow does not ask any more.
    asked = len(tried)
    assert 2 <= asked <= 5
    again = Copy(behind, "in/", "again/", SMALL_PARTS)
    await standing.request("start", again.start(f"{flow}-again"))
    await standing.reaches(f"{flow}-again", State.COMPLETED)
    assert len(tried) == asked
    await standing.cleaned_up()


async def told_truly(plane: Plane, flow: str) -> None:
    """The plan stays as it was; what is recorded of the bytes has their route."""
    events = await plane.events(flow)
    planned = {each.route for each in history.of_kind(events, SegmentPlanned)}
    assert planned == {Route.COPY_OBJECT, Route.COPY_PARTS}
    parts = history.of_kind(events, PartCopied)
    packed = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
    whole = [e.object for e in history.of_kind(events, ObjectCopied)]
    assert (len(parts), len(packed), len(whole)) == (3, 2, 1)
    routes = {each.route for each in parts} | {each.route for each in packed + whole}
    assert routes == {Route.STREAM}
    assert {each.verdict for each in packed + whole} == {Verdict.VERIFIED}
