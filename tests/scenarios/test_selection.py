"""Filters, comparisons and approvals: what is copied, what is left, what is counted."""

import json

from domain.data_flow import State
from domain.data_flow.events import DataFlowApproved
from domain.location import PlanMode
from domain.transfer.events import PagePlanned, TransferPlanned
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

FIRST = {"in/a.csv": 10, "in/b.csv": 200, "in/b.log": 30, "in/tmp/c.csv": 40}
PLANNED = "transfer.planned.v1"


async def carried_out(plane: Plane, copy: Copy, flow: str) -> TransferPlanned:
    reply = await plane.request("start", copy.start(flow))
    assert reply.status is not None, reply
    await plane.reaches(flow, State.COMPLETED)
    return await totals(plane, flow)


async def totals(plane: Plane, flow: str) -> TransferPlanned:
    (planned,) = history.of_kind(await plane.events(flow), TransferPlanned)
    return planned


async def approved(plane: Plane, flow: str, message: str = "approve") -> str:
    body = {**told(flow, "approve"), "messageId": f"{message}-{flow}"}
    reply = await plane.request("approve", body)
    return reply.problem.code if reply.problem else reply.outcome


async def test_only_what_the_filters_mean_is_copied_and_the_rest_is_counted(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, FIRST)
    said = {"include": ["*.csv"], "exclude": ["tmp/"], "minSizeBytes": 11}
    planned = await carried_out(standing, Copy(bucket_pair, "in/", "out/", said), flow)
    assert await storage.arrived(bucket_pair) == {"out/b.csv": sent["in/b.csv"]}
    assert (planned.objects, planned.size_bytes) == (1, 200)
    assert planned.skipped == {"excluded": 1, "not-included": 1, "too-small": 1}
    selection = (await standing.flow(flow)).options.selection
    assert (selection.include, selection.min_size_bytes) == (("*.csv",), 11)


async def test_times_are_those_of_the_source(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {"in/a": 1})
    said = {"modifiedBefore": "2020-01-01T00:00:00+00:00"}
    planned = await carried_out(standing, Copy(bucket_pair, "in/", "out/", said), flow)
    assert planned.skipped == {"too-new": 1}
    assert await storage.arrived(bucket_pair) == {}
    said = {"modifiedSince": "2020-01-01T00:00:00+00:00"}
    copy = Copy(bucket_pair, "in/a", "out/a", said)
    assert (await carried_out(standing, copy, f"{flow}-one")).objects == 1


async def test_a_second_run_copies_only_what_is_new_or_changed(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {**FIRST, "in/d": 5})
    await carried_out(standing, Copy(bucket_pair, "in/", "out/"), f"{flow}-0")
    again = {"in/b.csv": 201, "in/new": 7}
    sent = await storage.seed(bucket_pair, again)
    async with bucket_pair.destination.client() as s3:
        bucket = bucket_pair.destination_bucket
        for key in ("out/aa", "out/b.kept", "out/zz"):
            await s3.put_object(Bucket=bucket, Key=key, Body=b"theirs")
        await s3.delete_object(Bucket=bucket, Key="out/d")
    counts: dict[str, tuple[int, int]] = {}
    for level in ("exists", "size", "mtime", "etag", "checksum", "always"):
        copy = Copy(bucket_pair, "in/", "out/", {"sync": level, "plan": "only"})
        await standing.request("start", copy.start(f"{flow}-{level}"))
        await standing.records(f"{flow}-{level}", PLANNED)
        planned = await totals(standing, f"{flow}-{level}")
        counts[level] = planned.objects, planned.skipped.get("up-to-date", 0)
        await standing.request("terminate", told(f"{flow}-{level}", "terminate"))
    assert counts == {
        "exists": (2, 4),
        "size": (3, 3),
        "mtime": (3, 3),
        "etag": (3, 3),
        "checksum": (3, 3),
        "always": (6, 0),
    }
    copy = Copy(bucket_pair, "in/", "out/", {"sync": "etag"})
    assert (await carried_out(standing, copy, flow)).objects == 3
    arrived = await storage.arrived(bucket_pair)
    assert arrived["out/b.csv"] == sent["in/b.csv"]
    assert arrived["out/new"] == sent["in/new"]
    assert len(arrived) == 9


async def test_a_single_object_that_is_there_is_left(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {"one": 10})
    copy = Copy(bucket_pair, "one", "two", {"sync": "size"})
    assert (await carried_out(standing, copy, f"{flow}-1")).objects == 1
    assert (await carried_out(standing, copy, flow)).skipped == {"up-to-date": 1}


async def test_an_approved_plan_is_carried_out_as_it_was_planned(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"in/big": 12 * MIB, "in/small": 10})
    copy = Copy(bucket_pair, "in/", "out/", {**SMALL_PARTS, "plan": "approve"})
    await standing.request("start", copy.start(flow))
    await standing.records(flow, PLANNED)
    planned = await totals(standing, flow)
    assert (planned.objects, planned.parts, planned.requests) == (2, 3, 13)
    # What comes later is not in the plan.
    await storage.seed(bucket_pair, {"in/later": 5})
    assert await storage.unfinished_uploads(bucket_pair) == []
    assert await storage.arrived(bucket_pair) == {}
    assert (await standing.flow(flow)).state is State.STARTED
    assert await approved(standing, flow) == "handled"
    await standing.reaches(flow, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {
        "out/big": sent["in/big"],
        "out/small": sent["in/small"],
    }
    (approval,) = history.of_kind(await standing.events(flow), DataFlowApproved)
    assert (approval.objects, approval.size_bytes) == (2, 12 * MIB + 10)
    await standing.cleaned_up()


async def test_a_plan_that_is_only_one_is_never_carried_out(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {"in/big": 12 * MIB, "in/small": 10})
    copy = Copy(bucket_pair, "in/", "out/", {**SMALL_PARTS, "plan": "only"})
    await standing.request("start", copy.start(flow))
    await standing.records(flow, PLANNED)
    assert await approved(standing, flow) == "flow.illegal-transition"
    await standing.request("terminate", told(flow, "terminate"))
    await standing.cleaned_up()
    assert await storage.arrived(bucket_pair) == {}
    assert await storage.unfinished_uploads(bucket_pair) == []
    pages = history.of_kind(await standing.events(flow), PagePlanned)
    assert [each.source_key for page in pages for each in page.held] == ["in/big"]


async def test_a_suspended_plan_is_approved_after_its_resume_and_once(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {"in/small": 10})
    copy = Copy(bucket_pair, "in/", "out/", {"plan": "approve"})
    await standing.request("start", copy.start(flow))
    await standing.records(flow, PLANNED)
    await standing.request("suspend", told(flow, "suspend"))
    assert await approved(standing, flow) == "flow.illegal-transition"
    await standing.request("resume", told(flow, "resume"))
    assert await approved(standing, flow) == "handled"
    assert await approved(standing, flow) == "ignored"
    await standing.reaches(flow, State.COMPLETED)
    assert await approved(standing, flow, "late") == "ignored"


async def test_a_flow_that_was_not_to_wait_cannot_be_approved(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await carried_out(standing, Copy(bucket_pair, "none/", "out/"), flow)
    assert await approved(standing, flow) == "flow.illegal-transition"
    assert (await standing.flow(flow)).options.plan is PlanMode.RUN


async def test_what_cannot_be_meant_is_refused(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    for said in ({"sync": "deep"}, {"include": [""]}, {"plan": "later"}):
        copy = Copy(bucket_pair, "in/", "out/", said)
        reply = await standing.request("start", copy.start(flow))
        assert reply.problem is not None, json.dumps(said)
        assert reply.problem.code == "address.invalid"
