"""Mirrors: what is deleted at the destination, and what is not, whatever happens."""

from domain.data_flow import State
from domain.segment.events import Fate, ObjectsDeleted
from domain.transfer.events import (
    DeletionsPlanned,
    DeletionsReleased,
    DeletionsWithheld,
    TransferPlanned,
)
from tests.scenarios import history, storage
from tests.scenarios.flows import Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.services import BucketPair

ERRORED, PLANNED = "data-flow.errored.v1", TransferPlanned.TOPIC
HERE = {"in/a": 1, "in/b/c": 2, "in/z": 3}
EXTRA = ("out/0", "out/b/b", "out/b/d", "out/b.log", "out/zz")


async def put(pair: BucketPair, *keys: str, body: bytes = b"theirs") -> None:
    async with pair.destination.client() as s3:
        for key in keys:
            await s3.put_object(Bucket=pair.destination_bucket, Key=key, Body=body)


async def begun(plane: Plane, copy: Copy, flow: str) -> None:
    reply = await plane.request("start", copy.start(flow))
    assert reply.status is not None, reply


def mirror(pair: BucketPair, **said: object) -> Copy:
    return Copy(pair, "in/", "out/", {"deleteExtra": True, **said})


async def fates(plane: Plane, flow: str) -> dict[str, Fate]:
    events = await plane.events(flow)
    deleted = history.of_kind(events, ObjectsDeleted)
    return {each.object_id: each.fate for event in deleted for each in event.objects}


async def test_what_the_source_has_not_is_deleted_after_all_is_copied(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, HERE)
    await put(bucket_pair, *EXTRA, "out/", "out/a", "outside", "other/a")
    copy = mirror(bucket_pair, maxDeletes=5, exclude=["*.log"])
    await begun(standing, copy, flow)
    await standing.reaches(flow, State.COMPLETED)
    kept = {"out/", "out/b.log", "outside", "other/a"}
    arrived = await storage.arrived(bucket_pair)
    assert arrived.keys() == kept | {"out/a", "out/b/c", "out/z"}
    assert arrived["out/a"] == sent["in/a"]
    events = await standing.events(flow)
    (found,) = history.of_kind(events, DeletionsPlanned)
    assert (found.deletes, found.kept) == (4, 1)
    (planned,) = history.of_kind(events, TransferPlanned)
    assert (planned.deletes, planned.deletes_digest) == (4, found.digest)
    assert set((await fates(standing, flow)).values()) == {Fate.DELETED}
    # Now both are the same, but for what was left out.
    also = mirror(bucket_pair, deleteExcluded=True, maxDeletes=1, exclude=["*.log"])
    await begun(standing, also, f"{flow}-again")
    await standing.reaches(f"{flow}-again", State.COMPLETED)
    assert "out/b.log" not in await storage.arrived(bucket_pair)


async def test_too_many_are_refused_and_none_is_deleted(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, HERE)
    await put(bucket_pair, *EXTRA)
    for name, said in (("default", {}), ("few", {"maxDeletes": 4})):
        await begun(standing, mirror(bucket_pair, **said), f"{flow}-{name}")
        await standing.records(f"{flow}-{name}", ERRORED)
        state = await standing.flow(f"{flow}-{name}")
        assert state.error == "plan.too-many-deletes"
    arrived = await storage.arrived(bucket_pair)
    assert arrived.keys() == {*EXTRA, "out/a", "out/b/c", "out/z"}


async def test_nothing_is_deleted_when_an_object_could_not_be_copied(
    standing: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    await storage.seed(bucket_pair, HERE)
    await put(bucket_pair, "out/extra")
    through = storage.destination_at(bucket_pair, front.url)
    front.refuses = lambda seen: seen.is_object and seen.key == "out/b/c"
    await begun(standing, mirror(through, maxDeletes=5), flow)
    await standing.records(flow, ERRORED)
    assert "out/extra" in await storage.arrived(bucket_pair)
    (why,) = history.of_kind(await standing.events(flow), DeletionsWithheld)
    assert why.code == "plan.copies-failed"


async def test_an_approved_list_is_carried_out_exactly(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, HERE)
    await put(bucket_pair, *EXTRA)
    await begun(standing, mirror(bucket_pair, plan="approve"), flow)
    await standing.records(flow, PLANNED)
    # Since it was planned: one more, one is another, one is gone, one is needed.
    await put(bucket_pair, "out/later")
    await put(bucket_pair, "out/0", body=b"another")
    async with bucket_pair.destination.client() as s3:
        await s3.delete_object(Bucket=bucket_pair.destination_bucket, Key="out/zz")
    await storage.seed(bucket_pair, {"in/b/b": 5})
    body = {**told(flow, "approve"), "messageId": f"approve-{flow}"}
    assert (await standing.request("approve", body)).outcome == "handled"
    await standing.reaches(flow, State.COMPLETED)
    arrived = await storage.arrived(bucket_pair)
    kept = {"out/later", "out/0", "out/b/b"}
    assert arrived.keys() == kept | {"out/a", "out/b/c", "out/z"}
    found = sorted((await fates(standing, flow)).values())
    assert found == sorted(
        [Fate.CHANGED, Fate.NEEDED, Fate.DELETED, Fate.DELETED, Fate.GONE]
    )
    assert history.of_kind(await standing.events(flow), DeletionsReleased)


async def test_a_refused_deletion_is_told_of(
    standing: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    await put(bucket_pair, "out/x", "out/y")
    through = storage.destination_at(bucket_pair, front.url)
    front.refuses = lambda seen: seen.method == "DELETE" and seen.key == "out/x"
    await begun(standing, mirror(through, maxDeletes=2), flow)
    await standing.records(flow, ERRORED)
    assert (await storage.arrived(bucket_pair)).keys() == {"out/x"}
    assert (await standing.flow(flow)).error == "storage.denied"


async def test_what_would_delete_the_source_is_refused(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    pair = storage.beside_itself(bucket_pair)
    for source, destination in (("in/", "in/out/"), ("in/a", "out/a")):
        copy = Copy(pair, source, destination, {"deleteExtra": True})
        reply = await standing.request("start", copy.start(flow))
        assert reply.problem is not None
        assert reply.problem.code == "address.invalid"
