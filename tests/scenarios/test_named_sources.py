"""Manifests, and what an earlier flow could not copy: objects that are named."""

import json
from typing import Any

from domain.data_flow import State
from domain.segment.events import ObjectsCopied, SegmentFailed
from domain.transfer.events import TransferFailed, TransferPlanned
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

ERRORED = "data-flow.errored.v1"


async def put(pair: BucketPair, key: str, text: str) -> None:
    async with pair.source.client() as s3:
        await s3.put_object(Bucket=pair.source_bucket, Key=key, Body=text.encode())


async def begun(plane: Plane, copy: Copy, flow: str) -> None:
    reply = await plane.request("start", copy.start(flow))
    assert reply.status is not None, reply


async def refused(plane: Plane, copy: Copy, flow: str) -> str:
    reply = await plane.request("start", copy.start(flow))
    assert reply.problem is not None, reply
    return reply.problem.code


async def test_what_a_manifest_names_is_copied_and_what_is_not_there_is_told(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sizes = {"in/a": 10, "in/b c": 20, "in/d.log": 30, "in/big": 6 * MIB, "in/no": 1}
    sent = await storage.seed(bucket_pair, sizes)
    lines: list[Any] = [
        {"key": "in/a", "destinationKey": "other/ü", "size": 10},
        "in/b c",
        "in/d.log",
        {"key": "in/gone"},
        "in/big",
        {"key": "in/a", "etag": "not this one"},
    ]
    await put(bucket_pair, "list", "\n".join(json.dumps(each) for each in lines))
    address = f"s3://{bucket_pair.source_bucket}/list"
    said = {"manifest": address, "manifestFormat": "jsonl", "exclude": ["*.log"]}
    await begun(
        standing, Copy(bucket_pair, "in/", "out/", {**said, **SMALL_PARTS}), flow
    )
    await standing.records(flow, ERRORED)
    assert await storage.arrived(bucket_pair) == {
        "out/other/ü": sent["in/a"],
        "out/b c": sent["in/b c"],
        "out/big": sent["in/big"],
    }
    events = await standing.events(flow)
    (planned,) = history.of_kind(events, TransferPlanned)
    assert (planned.objects, planned.skipped) == (5, {"excluded": 1})
    outcomes = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
    failures = {o.error: o.detail or "" for o in outcomes if o.error}
    assert failures.keys() == {"storage.not-found", "storage.source-changed"}
    assert failures["storage.not-found"].startswith("in/gone: ")
    assert (await standing.flow(flow)).error == "storage.not-found"


async def test_a_bad_line_is_told_by_its_number(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {"in/a": 1, "other": 1})
    for name, text, detail in (
        ("size", "key,size\nin/a,many\n", "line 2"),
        ("place", "in/a\nother\n", "line 2 of the manifest names a key that is not"),
        ("twice", "in/a\nin/a\n", "line 2 of the manifest goes where line 1 goes"),
    ):
        await put(bucket_pair, "list.csv", text)
        copy = Copy(bucket_pair, "in/", "out/", {"manifest": "list.csv"})
        await begun(standing, copy, f"{flow}-{name}")
        await standing.records(f"{flow}-{name}", ERRORED)
        events = await standing.events(f"{flow}-{name}")
        (failed,) = history.of_kind(events, TransferFailed)
        assert failed.code == "manifest.invalid"
        assert detail in failed.detail
    assert await storage.arrived(bucket_pair) == {}
    single = Copy(bucket_pair, "in/a", "out/a", {"manifest": "list.csv"})
    assert await refused(standing, single, flow) == "address.invalid"


async def test_only_what_failed_is_copied_again(
    standing: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    sizes = {"in/a": 10, "in/b": 20, "in/big": 6 * MIB, "in/fine": 6 * MIB}
    sent = await storage.seed(bucket_pair, sizes)
    through = storage.destination_at(bucket_pair, front.url)
    bad = ("out/b", "out/big")
    front.refuses = lambda seen: seen.method == "PUT" and seen.key in bad
    await begun(standing, Copy(through, "in/", "out/", SMALL_PARTS), flow)
    await standing.records(flow, ERRORED)
    assert set(await storage.arrived(bucket_pair)) == {"out/a", "out/fine"}
    assert history.of_kind(await standing.events(flow), SegmentFailed)
    said = {**SMALL_PARTS, "failedOf": flow}
    again = Copy(bucket_pair, "in/", "out/", said)
    await begun(standing, again, f"{flow}-again")
    await standing.reaches(f"{flow}-again", State.COMPLETED)
    events = await standing.events(f"{flow}-again")
    (planned,) = history.of_kind(events, TransferPlanned)
    assert (planned.objects, planned.size_bytes) == (2, 20 + 6 * MIB)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {f"out/{key[3:]}": each for key, each in sent.items()}
    # What it could not copy is not there any more: it is told of, once more.
    async with bucket_pair.source.client() as s3:
        await s3.delete_object(Bucket=bucket_pair.source_bucket, Key="in/b")
    await begun(standing, again, f"{flow}-late")
    await standing.records(f"{flow}-late", ERRORED)
    assert (await standing.flow(f"{flow}-late")).error == "storage.not-found"


async def test_only_a_flow_that_is_done_can_be_retried(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {"in/a": 1})
    waiting = Copy(bucket_pair, "in/", "out/", {"plan": "only"})
    await begun(standing, waiting, f"{flow}-waiting")
    for earlier, code in (
        ("none", "flow.unknown"),
        (f"{flow}-waiting", "flow.illegal-transition"),
    ):
        copy = Copy(bucket_pair, "in/", "out/", {"failedOf": earlier})
        assert await refused(standing, copy, flow) == code
    await standing.request("terminate", told(f"{flow}-waiting", "terminate"))
