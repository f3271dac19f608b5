"""What the destination made wrong does not stay there, and the outcome says so."""

import re

from domain.segment.events import ObjectsCopied, SegmentFailed
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

ERRORED = "data-flow.errored.v1"
PROCESSES = ("commands", "dispatcher", "worker")


def first_bit_flipped(body: bytes) -> bytes:
    """What a broken storage would keep."""
    return bytes([body[0] ^ 1]) + body[1:]


def without_last_part(body: bytes) -> bytes:
    """A completion that makes the object of all parts but one."""
    parts = list(re.finditer(rb"<Part>.*?</Part>", body, re.DOTALL))
    start, end = parts[-1].span()
    return body[:start] + b" " * (end - start) + body[end:]


async def test_a_small_object_that_was_stored_wrong_is_removed(
    plane: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    # Proven by the ETag: a checksum that is sent would be refused, and nothing stored.
    plane.environment["WAYBILL_STORAGE_INTEGRITY"] = "md5"
    plane.start(*PROCESSES)
    sent = await storage.seed(bucket_pair, {"in/a": 100, "in/b": 200})
    front.alters = lambda seen: (
        first_bit_flipped if seen.is_object and seen.key == "out/a" else None
    )
    pair = storage.destination_at(bucket_pair, front.url)
    await plane.request("start", Copy(pair, "in/", "out/").start(flow))
    await plane.records(flow, ERRORED)
    assert (await plane.flow(flow)).error == "storage.mismatch"
    assert await storage.arrived(bucket_pair) == {"out/b": sent["in/b"]}
    slices = history.of_kind(await plane.events(flow), ObjectsCopied)
    (wrong,) = [e for each in slices for e in each.objects if e.error]
    assert wrong.detail is not None
    assert wrong.detail.endswith("it was removed")
    await plane.request("terminate", told(flow, "terminate"))
    await plane.cleaned_up()


async def test_an_object_that_was_made_of_too_few_parts_is_removed(
    plane: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    plane.start(*PROCESSES)
    await storage.seed(bucket_pair, {"big": 12 * MIB})
    front.alters = lambda seen: without_last_part if seen.is_completion else None
    pair = storage.destination_at(bucket_pair, front.url)
    copy = Copy(pair, "big", "copy", SMALL_PARTS)
    await plane.request("start", copy.start(flow))
    await plane.records(flow, ERRORED)
    assert (await plane.flow(flow)).error == "storage.wrong-object"
    assert await storage.arrived(bucket_pair) == {}
    (failed,) = history.of_kind(await plane.events(flow), SegmentFailed)
    assert f"instead of {12 * MIB}" in failed.detail
    assert failed.detail.endswith("it was removed")
    await plane.request("terminate", told(flow, "terminate"))
    await plane.cleaned_up()
    assert await storage.unfinished_uploads(bucket_pair) == []
