"""Killed: a dispatcher that reads a manifest, a worker that deletes."""

from domain.data_flow import State
from domain.segment.events import Fate, ObjectsDeleted, PackWork, SegmentPlanned
from domain.transfer.events import PagePlanned, TransferPlanned
from tests.scenarios import history, storage
from tests.scenarios.flows import Copy
from tests.scenarios.plane import Plane
from tests.services import BucketPair


async def test_a_manifest_is_read_on_where_a_killed_dispatcher_left_it(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    plane.start("commands", "dispatcher")
    await storage.seed(bucket_pair, {"in/a": 7})
    # Names of two lines each, so that a place within one would not do.
    rows = "".join(f'in/a,"{number:05}\n"\n' for number in range(600))
    async with bucket_pair.source.client() as s3:
        body = f"key,destinationKey\n{rows}".encode()
        await s3.put_object(Bucket=bucket_pair.source_bucket, Key="list.csv", Body=body)
    said = {"manifest": "list.csv", "plan": "only"}
    await plane.request("start", Copy(bucket_pair, "in/", "out/", said).start(flow))
    await plane.records(flow, PagePlanned.TOPIC)
    plane.kill("dispatcher")
    plane.start("dispatcher")
    await plane.records(flow, TransferPlanned.TOPIC)
    events = await plane.events(flow)
    pages = history.of_kind(events, PagePlanned)
    assert [each.objects for each in pages] == [500, 100]
    works = (each.work for each in history.of_kind(events, SegmentPlanned))
    packed = [
        each for work in works if isinstance(work, PackWork) for each in work.objects
    ]
    assert [each.destination_key for each in packed] == [
        f"out/{number:05}\n" for number in range(600)
    ]


async def test_what_a_killed_worker_has_deleted_is_not_missed(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    plane.start("commands", "dispatcher", "worker")
    sent = await storage.seed(bucket_pair, {"in/a": 7})
    async with bucket_pair.destination.client() as s3:
        for number in range(60):
            bucket, key = bucket_pair.destination_bucket, f"out/{number:02}"
            await s3.put_object(Bucket=bucket, Key=key, Body=b"theirs")
    said = {"deleteExtra": True, "maxDeletes": 60}
    await plane.request("start", Copy(bucket_pair, "in/", "out/", said).start(flow))
    await plane.records(flow, ObjectsDeleted.TOPIC)
    plane.kill("worker")
    plane.start("worker")
    await plane.reaches(flow, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"out/a": sent["in/a"]}
    deleted = history.of_kind(await plane.events(flow), ObjectsDeleted)
    fates = [each for event in deleted for each in event.objects]
    assert len({each.object_id for each in fates}) == len(fates) == 60
    assert {each.fate for each in fates} <= {Fate.DELETED, Fate.GONE}
