"""A provider pushes: objects arrive identical, under the right keys, with a verdict."""

from urllib.parse import urlsplit

import pytest

from domain import names
from domain.data_flow import State
from domain.endpoint import COPIES_AT_ONCE, EndpointLearned
from domain.segment.events import ObjectCopied, ObjectsCopied, SegmentPlanned, Verdict
from domain.transfer.events import Route
from eventlog import Append
from tests import controls
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

KEYS = ("in/", "in/ü ö", "in/a+b", "in/50%25", "in/a//b", "in/q?x=1&y=#z", "in/empty")


async def carried_out(plane: Plane, copy: Copy, flow: str) -> None:
    reply = await plane.request("start", copy.start(flow))
    assert reply.status is not None, reply
    assert reply.status.state == State.STARTED
    await plane.reaches(flow, State.COMPLETED)


async def verdicts(plane: Plane, flow: str) -> list[Verdict]:
    events = await plane.events(flow)
    packed = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
    whole = [e.object for e in history.of_kind(events, ObjectCopied)]
    return [each.verdict for each in packed + whole]


async def routes(plane: Plane, flow: str) -> set[tuple[str, Route]]:
    events = await plane.events(flow)
    planned = history.of_kind(events, SegmentPlanned)
    return {(each.work.kind, each.route) for each in planned}


async def test_a_large_object_goes_in_parts(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"big": 33 * MIB + 1})
    await carried_out(standing, Copy(bucket_pair, "big", "copy/of-big"), flow)
    assert await storage.arrived(bucket_pair) == {"copy/of-big": sent["big"]}
    assert await verdicts(standing, flow) == [Verdict.VERIFIED]
    assert await routes(standing, flow) == {
        ("parts", Route.STREAM),
        ("completion", Route.STREAM),
    }
    parts = history.parts(await standing.events(flow))
    assert sorted(number for _, number in parts) == [1, 2, 3]
    assert await storage.unfinished_uploads(bucket_pair) == []
    await standing.cleaned_up()


async def test_a_prefix_of_awkward_keys_keeps_what_follows_it(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sizes = {key: 100 * index for index, key in enumerate(KEYS)}
    sent = await storage.seed(bucket_pair, {**sizes, "in/empty": 0, "outside": 5})
    await carried_out(standing, Copy(bucket_pair, "in/", "deep/er/"), flow)
    expected = {f"deep/er/{k.removeprefix('in/')}": sent[k] for k in KEYS}
    assert await storage.arrived(bucket_pair) == expected
    assert await verdicts(standing, flow) == [Verdict.VERIFIED] * len(KEYS)
    await standing.cleaned_up()


async def test_force_multipart_cuts_a_small_object(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"in/small": 1000, "in/none": 0})
    copy = Copy(bucket_pair, "in/", "out/", {"forceMultipart": True})
    await carried_out(standing, copy, flow)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {"out/small": sent["in/small"], "out/none": sent["in/none"]}
    assert set(await verdicts(standing, flow)) == {Verdict.VERIFIED}
    kinds = {kind for kind, _ in await routes(standing, flow)}
    assert kinds == {"parts", "completion", "pack"}


async def test_one_endpoint_copies_by_itself(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    pair = storage.beside_itself(bucket_pair)
    sent = await storage.seed(pair, {"in/big": 12 * MIB, "in/small": 1000})
    async with Front.open(pair.source.endpoint) as front:
        through = storage.destination_at(storage.source_at(pair, front.url), front.url)
        await carried_out(standing, Copy(through, "in/", "out/", SMALL_PARTS), flow)
    assert await storage.arrived(pair, "out/") == {
        "out/big": sent["in/big"],
        "out/small": sent["in/small"],
    }
    assert await routes(standing, flow) == {
        ("parts", Route.COPY_PARTS),
        ("completion", Route.COPY_PARTS),
        ("pack", Route.COPY_OBJECT),
    }
    assert front.parts() == {("out/big", 1): 1, ("out/big", 2): 1, ("out/big", 3): 1}
    # Only the list of parts that a completion carries.
    assert front.bytes_in < 10_000


@pytest.mark.parametrize(
    ("known", "kinds"),
    [
        # Whatever it is told not to be good at is not tried.
        ({COPIES_AT_ONCE: False}, ["parts", "parts"]),
        ({}, ["pack", "parts"]),
        ({COPIES_AT_ONCE: True}, ["pack", "pack"]),
    ],
)
async def test_what_an_endpoint_was_seen_to_copy_at_once_is_not_cut(
    standing: Plane,
    bucket_pair: BucketPair,
    flow: str,
    known: dict[str, bool],
    kinds: list[str],
) -> None:
    pair = storage.beside_itself(bucket_pair)
    sent = await storage.seed(pair, {"in/a": 33 * MIB, "in/b": 33 * MIB})
    async with Front.open(pair.source.endpoint) as front:
        through = storage.destination_at(storage.source_at(pair, front.url), front.url)
        endpoint = urlsplit(front.url).netloc
        learned = EndpointLearned(endpoint=endpoint, capabilities=known)
        stream = names.endpoint_stream(endpoint)
        await standing.log.append(controls.cause(), Append(stream, 0, (learned,)))
        await carried_out(standing, Copy(through, "in/", "out/"), flow)
    arrived = await storage.arrived(pair, "out/")
    assert arrived == {"out/a": sent["in/a"], "out/b": sent["in/b"]}
    events = await standing.events(flow)
    planned = history.of_kind(events, SegmentPlanned)
    works = {each.work.kind for each in planned} - {"completion"}
    assert works == set(kinds)
    packed = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
    assert len(packed) == kinds.count("pack")


async def test_nothing_below_a_prefix_is_a_finished_transfer(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    await carried_out(standing, Copy(bucket_pair, "none/", "out/"), flow)
    assert await storage.arrived(bucket_pair) == {}
    await standing.cleaned_up()
