"""
Flows that would write the same keys: one of them does, the others are told.

    flow       commands, dispatcher          worker
    first    → planned: it owns out/…
    second   → planned: destination.claimed   —
    first                                    copies, COMPLETED
    second   → errored; retried: all copied
"""

from domain.data_flow import State
from domain.segment.events import ObjectsCopied
from domain.transfer.events import (
    DeletionsPlanned,
    PagePlanned,
    TransferFailed,
    TransferPlanned,
)
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

ERRORED, PLANNED = "data-flow.errored.v1", TransferPlanned.TOPIC
CLAIMED = "destination.claimed"


async def begun(plane: Plane, copy: Copy, *flows: str, **said: str) -> None:
    for flow in flows:
        reply = await plane.request("start", {**copy.start(flow), **said})
        assert reply.status is not None, reply


async def lost(plane: Plane, flow: str) -> dict[str, str]:
    """What the flow could not copy because of others: key, and what is said of it."""
    outcomes = history.of_kind(await plane.events(flow), ObjectsCopied)
    details = [
        o.detail or "" for e in outcomes for o in e.objects if o.error == CLAIMED
    ]
    return dict(each.split(": ", 1) for each in details)


def below(side: str, sent: storage.Digests) -> storage.Digests:
    """What is to be below `out/` when all below `side` is copied there."""
    return {k.replace(side, "out/"): sent[k] for k in sent if k.startswith(side)}


async def test_of_two_flows_one_writes_and_the_other_is_told_and_retried(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sizes = {f"{side}/{n}": 9 for side in ("one", "two") for n in range(12)}
    sizes |= {"one/big": 6 * MIB, "two/big": 6 * MIB, "two/own": 5}
    sent = await storage.seed(bucket_pair, sizes)
    plane.start("commands", "dispatcher")
    first, second, third = (f"{flow}-{number}" for number in (1, 2, 3))
    await begun(plane, Copy(bucket_pair, "one/", "out/", SMALL_PARTS), first)
    await plane.records(first, PLANNED)
    two = Copy(bucket_pair, "two/", "out/", SMALL_PARTS)
    await begun(plane, two, second)
    await plane.records(second, PLANNED)
    await begun(plane, two, third, participantId="did:web:somebody-else")
    await plane.records(third, ERRORED)
    plane.start("worker")
    await plane.reaches(first, State.COMPLETED)
    await plane.records(second, ERRORED)
    await are_told(plane, first, second, third)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {**below("one/", sent), "out/own": sent["two/own"]}
    # The first is over: what it owned is free, and nobody has to be terminated.
    again = Copy(bucket_pair, "two/", "out/", {**SMALL_PARTS, "failedOf": second})
    await begun(plane, again, f"{flow}-again")
    await plane.reaches(f"{flow}-again", State.COMPLETED)
    assert await storage.arrived(bucket_pair) == below("two/", sent)


async def are_told(plane: Plane, first: str, second: str, third: str) -> None:
    """The second by whom, the third, which is somebody else's, only that it is so."""
    assert (await plane.flow(second)).error == CLAIMED
    said = await lost(plane, second)
    assert len(said) == 13
    assert all(first in each for each in said.values())
    theirs = await lost(plane, third)
    assert theirs.keys() == {*said, "two/own"}
    assert not any(f in each for each in theirs.values() for f in (first, second))


async def test_what_is_suspended_keeps_its_keys_until_it_is_terminated(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"in/a": 1, "in/b": 6 * MIB})
    copy = Copy(bucket_pair, "in/", "out/", SMALL_PARTS)
    plane.start("commands", "dispatcher")
    await begun(plane, copy, flow)
    await plane.records(flow, PLANNED)
    await plane.request("suspend", told(flow, "suspend"))
    # Killed: it finds its own claims again, and those of others.
    plane.kill("dispatcher")
    plane.start("dispatcher")
    await begun(plane, copy, f"{flow}-late")
    await plane.records(f"{flow}-late", ERRORED)
    assert (await lost(plane, f"{flow}-late")).keys() == {"in/a", "in/b"}
    await plane.request("terminate", told(flow, "terminate"))
    await begun(plane, copy, f"{flow}-next")
    plane.start("worker")
    await plane.reaches(f"{flow}-next", State.COMPLETED)
    assert await storage.arrived(bucket_pair) == below("in/", sent)
    assert await storage.unfinished_uploads(bucket_pair) == []
    await plane.request("terminate", told(f"{flow}-late", "terminate"))
    await plane.cleaned_up()


async def test_a_planner_that_is_killed_finds_its_own_claims(
    plane: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"in/a": 7, "in/big": 6 * MIB})
    # Between claiming a page and recording it, its uploads are begun.
    front.refusal, front.refuses = (
        (503, "SlowDown"),
        lambda seen: "uploads" in seen.query,
    )
    through = storage.destination_at(bucket_pair, front.url)
    plane.start("commands", "dispatcher", "worker")
    await begun(plane, Copy(through, "in/", "out/", SMALL_PARTS), flow)

    async def claimed() -> bool:
        return await plane.rows("SELECT count(*) FROM work.claim") == [(2,)]

    await plane.until("both keys to be claimed", claimed, flow)
    plane.kill("dispatcher")
    assert PagePlanned.TOPIC not in await plane.topics(flow)
    front.refuses = lambda _: False
    plane.start("dispatcher")
    await plane.reaches(flow, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == below("in/", sent)
    await plane.cleaned_up()


async def test_an_approved_plan_is_done_exactly_or_not_begun(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"in/a": 1, "in/b": 6 * MIB})
    plan = Copy(bucket_pair, "in/", "out/", {**SMALL_PARTS, "plan": "approve"})
    plane.start("commands", "dispatcher")
    # A plan that waits is in nobody's way.
    await begun(plane, plan, f"{flow}-1", f"{flow}-2", f"{flow}-3")
    for number in (1, 2, 3):
        await plane.records(f"{flow}-{number}", PLANNED)
    await plane.request("approve", told(f"{flow}-1", "approve"))
    await plane.records(f"{flow}-1", "transfer.multipart-upload-created.v1")
    await plane.request("approve", told(f"{flow}-2", "approve"))
    await plane.records(f"{flow}-2", ERRORED)
    (failed,) = history.of_kind(await plane.events(f"{flow}-2"), TransferFailed)
    assert failed.code == CLAIMED
    assert f"{flow}-1" in failed.detail
    plane.start("worker")
    await plane.reaches(f"{flow}-1", State.COMPLETED)
    await plane.request("approve", told(f"{flow}-3", "approve"))
    await plane.reaches(f"{flow}-3", State.COMPLETED)
    assert await storage.arrived(bucket_pair) == below("in/", sent)


async def test_a_mirror_deletes_nothing_that_another_flow_writes(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"in/a": 1, "mirror/b": 2})
    async with bucket_pair.destination.client() as s3:
        bucket = bucket_pair.destination_bucket
        for key in ("out/a", "out/extra"):
            await s3.put_object(Bucket=bucket, Key=key, Body=b"theirs")
    plane.start("commands", "dispatcher")
    await begun(plane, Copy(bucket_pair, "in/", "out/"), f"{flow}-writer")
    await plane.records(f"{flow}-writer", PLANNED)
    said = {"deleteExtra": True, "maxDeletes": 2}
    await begun(plane, Copy(bucket_pair, "mirror/", "out/", said), flow)
    await plane.records(flow, PLANNED)
    plane.start("worker")
    for each in (flow, f"{flow}-writer"):
        await plane.reaches(each, State.COMPLETED)
    (found,) = history.of_kind(await plane.events(flow), DeletionsPlanned)
    assert (found.deletes, found.claimed) == (1, 1)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {"out/a": sent["in/a"], "out/b": sent["mirror/b"]}
