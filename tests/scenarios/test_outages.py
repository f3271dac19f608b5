"""What goes away comes back, or has changed meanwhile: nothing is half-written."""

import uuid
from pathlib import Path

from domain.data_flow import State
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair
from waybill.embedded import EmbeddedNats, EmbeddedPostgres

FLOW = "flow-1"
ERRORED = "data-flow.errored.v1"
PART_COPIED = "segment.part-copied.v1"
ALL = ("commands", "dispatcher", "worker")
PARTS = 8


async def test_a_source_that_changes_is_noticed(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    pair = storage.destination_at(bucket_pair, front.url)
    await storage.seed(bucket_pair, {"big": PARTS * 5 * MIB})
    front.bytes_per_second = 4 * MIB
    plane.environment["WAYBILL_WORKER_PARTS"] = "1"
    plane.start(*ALL)
    await plane.request("start", Copy(pair, "big", "copy", SMALL_PARTS).start(FLOW))
    await plane.records(FLOW, PART_COPIED)
    await plane.request("suspend", told(FLOW, "suspend"))
    async with pair.source.client() as s3:
        changed = b"other" * PARTS * MIB
        await s3.put_object(Bucket=pair.source_bucket, Key="big", Body=changed)
    front.bytes_per_second = None
    await plane.request("resume", told(FLOW, "resume"))
    await plane.records(FLOW, ERRORED)
    assert (await plane.flow(FLOW)).error == "storage.source-changed"

    async def aborted() -> bool:
        return await storage.unfinished_uploads(bucket_pair) == []

    await plane.until("the upload to be aborted", aborted, FLOW)
    assert await storage.arrived(bucket_pair) == {}


async def test_the_broker_may_go_away(
    server_home: Path, database: str, bucket_pair: BucketPair, front: Front
) -> None:
    home = server_home / f"broker-{uuid.uuid4().hex[:8]}"
    sent = await storage.seed(bucket_pair, {"big": PARTS * 5 * MIB, "a": 10})
    with EmbeddedNats(home) as broker:
        async with Plane.open(home / "plane", database, broker.url) as plane:
            await begin_slowly(plane, bucket_pair, front)
            broker.kill()
            broker.start()
            front.bytes_per_second = None
            await ends_well(plane, bucket_pair, front, sent)
            # All of them hear the new broker.
            copy = Copy(bucket_pair, "a", "b")
            await plane.request("start", copy.start("flow-2"))
            await plane.reaches("flow-2", State.COMPLETED)


async def test_the_database_may_go_away(
    server_home: Path, broker: str, bucket_pair: BucketPair, front: Front
) -> None:
    home = server_home / f"database-{uuid.uuid4().hex[:8]}"
    home.mkdir(mode=0o755)
    sent = await storage.seed(bucket_pair, {"big": PARTS * 5 * MIB})
    with EmbeddedPostgres(home) as database:
        async with Plane.open(home / "plane", database.url, broker) as plane:
            # However often: what the database did says nothing of the segment.
            plane.environment["WAYBILL_SEGMENT_DELIVERIES"] = "1"
            await begin_slowly(plane, bucket_pair, front)
            database.kill()
            database.start()
            front.bytes_per_second = None
            await ends_well(plane, bucket_pair, front, sent)


async def begin_slowly(plane: Plane, pair: BucketPair, front: Front) -> None:
    front.bytes_per_second = 8 * MIB
    plane.environment["WAYBILL_WORKER_PARTS"] = "2"
    plane.start(*ALL)
    through = storage.destination_at(pair, front.url)
    await plane.request("start", Copy(through, "big", "copy", SMALL_PARTS).start(FLOW))
    await plane.records(FLOW, PART_COPIED)


async def ends_well(
    plane: Plane, pair: BucketPair, front: Front, sent: storage.Digests
) -> None:
    await plane.reaches(FLOW, State.COMPLETED)
    await plane.cleaned_up()
    assert await storage.arrived(pair) == {"copy": sent["big"]}
    assert await storage.unfinished_uploads(pair) == []
    assert sorted(history.parts(await plane.events(FLOW)).values()) == [1] * PARTS
    assert sorted(front.parts().values()) == [1] * PARTS
