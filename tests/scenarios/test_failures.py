"""What goes wrong ends with its code, or goes on: and leaves nothing half-written."""

from dataclasses import replace
from pathlib import Path

from domain.data_flow import State
from tests.handlers.fast_sides import certificate, shelf
from tests.scenarios import storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

ERRORED = "data-flow.errored.v1"


async def fails(plane: Plane, copy: Copy, flow: str) -> str | None:
    """Start, wait for the error, see that the control plane can end it cleanly."""
    await plane.request("start", copy.start(flow))
    await plane.records(flow, ERRORED)
    failed = await plane.flow(flow)
    assert failed.state is State.STARTED
    await plane.request("terminate", told(flow, "terminate"))
    await plane.cleaned_up()
    assert await storage.unfinished_uploads(copy.pair) == []
    return failed.error


async def test_a_missing_source_is_not_found(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    copy = Copy(bucket_pair, "none", "out")
    assert await fails(standing, copy, flow) == "storage.not-found"


async def test_wrong_credentials_are_denied(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    pair = bucket_pair
    await storage.seed(pair, {"big": 12 * MIB, "small": 10})
    source = replace(pair, source=replace(pair.source, secret_key="wrong"))
    destination = replace(
        pair, destination=replace(pair.destination, secret_key="wrong")
    )
    for number, wrong in enumerate((source, destination)):
        for key in ("big", "small"):
            name = f"{flow}-{key}-{number}"
            copy = Copy(wrong, key, "out", SMALL_PARTS)
            await standing.request("start", copy.start(name))
            await standing.records(name, ERRORED)
            assert (await standing.flow(name)).error == "storage.denied"
            await standing.request("terminate", told(name, "terminate"))
    await standing.cleaned_up()
    assert await storage.unfinished_uploads(pair) == []
    assert await storage.arrived(pair) == {}


async def test_a_certificate_that_does_not_verify_ends_the_flow(
    standing: Plane, bucket_pair: BucketPair, flow: str, tmp_path: Path
) -> None:
    await storage.seed(bucket_pair, {"big": 12 * MIB, "small": 10})
    async with shelf(certificate(tmp_path)) as stranger:
        pairs = (
            storage.source_at(bucket_pair, stranger.url),
            storage.destination_at(bucket_pair, stranger.url),
        )
        for number, pair in enumerate(pairs):
            for key in ("big", "small"):
                name = f"{flow}-{key}-{number}"
                copy = Copy(pair, key, "out", SMALL_PARTS)
                await standing.request("start", copy.start(name))
                await standing.records(name, ERRORED)
                failed = await standing.flow(name)
                assert (failed.error, failed.state) == (
                    "storage.untrusted",
                    State.STARTED,
                )
                await standing.request("terminate", told(name, "terminate"))
    await standing.cleaned_up()
    assert stranger.heads == []


async def test_a_refused_part_fails_the_object(
    standing: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    pair = storage.destination_at(bucket_pair, front.url)
    await storage.seed(bucket_pair, {"big": 12 * MIB})
    front.refuses = lambda seen: seen.is_part and seen.query["partNumber"] == "2"
    copy = Copy(pair, "big", "copy", SMALL_PARTS)
    assert await fails(standing, copy, flow) == "storage.denied"


async def test_a_refused_completion_fails_the_object(
    standing: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    pair = storage.destination_at(bucket_pair, front.url)
    await storage.seed(bucket_pair, {"big": 12 * MIB})
    front.refuses = lambda seen: seen.is_completion
    copy = Copy(pair, "big", "copy", SMALL_PARTS)
    assert await fails(standing, copy, flow) == "storage.denied"


async def test_an_object_that_fails_stops_no_other(
    standing: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    pair = storage.destination_at(bucket_pair, front.url)
    sent = await storage.seed(bucket_pair, {"in/a": 10, "in/b": 20, "in/c": 30})
    front.refuses = lambda seen: seen.is_object and seen.key == "out/b"
    assert await fails(standing, Copy(pair, "in/", "out/"), flow) == "storage.denied"
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {"out/a": sent["in/a"], "out/c": sent["in/c"]}


async def test_a_name_that_cannot_be_stored_is_refused_and_stops_no_other(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await storage.seed(bucket_pair, {"a": 10})
    copy = Copy(bucket_pair, "a", "b")
    for name in ("nul\0nul", "x" * 5000):
        # No secret in it: nothing but the name can be at fault.
        start = copy.creating(name, "AmazonS3-PULL", {"sourceBucket": "b"})
        reply = await standing.request("start", start)
        assert reply.problem is not None
        assert reply.problem.code == "message.invalid"
    await standing.request("start", copy.start(flow))
    await standing.reaches(flow, State.COMPLETED)
