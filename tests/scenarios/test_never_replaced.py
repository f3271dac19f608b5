"""The sync level `exists` replaces nothing, also not what came after the plan."""

from domain.segment.events import ObjectsCopied
from domain.transfer.events import TransferPlanned
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

ERRORED = "data-flow.errored.v1"
THEIRS = b"somebody else's"


async def theirs_come(pair: BucketPair) -> None:
    """Under three of the names; one as if it was ours, and its answer was lost."""
    async with pair.source.client() as s3:
        found = await s3.get_object(Bucket=pair.source_bucket, Key="in/same")
        same = await found["Body"].read()
    async with pair.destination.client() as s3:
        for key, body in {"a": THEIRS, "big": THEIRS, "same": same}.items():
            there = pair.destination_bucket
            await s3.put_object(Bucket=there, Key=f"out/{key}", Body=body)


async def test_what_came_after_the_plan_stays(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    plane.start("commands", "dispatcher", "worker")
    names = {"in/a": 100, "in/b": 200, "in/big": 12 * MIB, "in/same": 300}
    sent = await storage.seed(bucket_pair, names)
    options = {**SMALL_PARTS, "sync": "exists", "plan": "approve"}
    copy = Copy(bucket_pair, "in/", "out/", options)
    await plane.request("start", copy.start(flow))
    await plane.records(flow, TransferPlanned.TOPIC)
    await theirs_come(bucket_pair)
    before = await storage.arrived(bucket_pair)
    body = {"dataFlowId": flow, "messageId": f"approve-{flow}"}
    assert (await plane.request("approve", body)).outcome == "handled"
    await plane.records(flow, ERRORED)
    assert (await plane.flow(flow)).error == "storage.exists"
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {**before, "out/b": sent["in/b"]}
    slices = history.of_kind(await plane.events(flow), ObjectsCopied)
    outcomes = [each for one in slices for each in one.objects]
    assert sorted(each.error or "" for each in outcomes) == ["", "", "storage.exists"]
    assert [each.adopted for each in outcomes if not each.error].count(True) == 1
    await plane.request("terminate", told(flow, "terminate"))
    await plane.cleaned_up()
    assert await storage.unfinished_uploads(bucket_pair) == []
