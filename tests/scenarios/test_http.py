"""
The HTTP profile, with one plane as both sides of it, and with a stranger's server.

    pull    provider: start → STARTED, address of its door, tokens
            consumer: prepare, started with that address → copies, COMPLETED
    push    consumer: prepare → PREPARED, address of its door, token
            provider: start with that address → copies in parts, COMPLETED
"""

from typing import Any

import httpx
import pytest

from domain.data_flow import State
from domain.segment.events import ObjectsCopied, Verdict
from tests.handlers.http_sides import shelf
from tests.scenarios import database, history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair
from waybill.embedded.ports import free_port

PROFILE = "https://w3id.org/dspace-sig/profile/http"
OURS, THEIRS = "flow-ours", "flow-theirs"
SIZES = {"in/a": 0, "in/b/ü c": 3, "in/d": 11 * MIB}


@pytest.fixture
async def open_plane(plane: Plane) -> Plane:
    """Give a plane with a data door, that takes plain http for the test's sake."""
    plane.environment["WAYBILL_DOOR_PORT"] = str(free_port())
    plane.environment["WAYBILL_MECHANISM_OPTIONS"] = '{"http": {"allow_http": true}}'
    plane.start("commands", "dispatcher", "worker", "door")
    await listens(plane)
    return plane


async def listens(plane: Plane) -> None:
    url = f"http://127.0.0.1:{plane.environment['WAYBILL_DOOR_PORT']}/healthz"

    async def answers() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(url)).is_success
            except httpx.TransportError:
                return False

    await plane.until("the door to open", answers)


async def addressed(plane: Plane, verb: str, message: dict[str, Any]) -> dict[str, Any]:
    """The address that the message is answered with."""
    reply = await plane.request(verb, message)
    assert reply.status is not None, reply
    address = reply.status.data_address
    assert address is not None, reply
    return address


def properties(address: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in address["endpointProperties"]}


async def test_a_prefix_is_pulled_from_a_data_door(
    open_plane: Plane, bucket_pair: BucketPair
) -> None:
    plane = open_plane
    sent = await storage.seed(bucket_pair, SIZES)
    copy = Copy(bucket_pair, "in/", "out/", SMALL_PARTS)
    pull = f"{PROFILE}-pull"
    offer = copy.creating(THEIRS, pull, copy.source_side())
    address = await addressed(plane, "start", offer)
    assert properties(address)["collection"] == "true"
    wanted = {**copy.destination_side(), **SMALL_PARTS}
    await plane.request("prepare", copy.creating(OURS, pull, wanted))
    await plane.request("started", told(OURS, "started", dataAddress=address))
    await plane.reaches(OURS, State.COMPLETED)
    arrived = {key.replace("in/", "out/"): digest for key, digest in sent.items()}
    assert await storage.arrived(bucket_pair) == arrived
    assert history.parts(await plane.events(OURS)).total() == 3
    kept = repr(await database.dump(plane))
    for name in ("authorization", "refreshToken"):
        assert properties(address)[name] not in kept
    await plane.request("completed", told(THEIRS, "completed"))
    await plane.cleaned_up()


async def test_a_prefix_is_pushed_through_a_data_door_in_parts(
    open_plane: Plane, bucket_pair: BucketPair
) -> None:
    plane = open_plane
    sent = await storage.seed(bucket_pair, SIZES)
    copy = Copy(bucket_pair, "in/", "out/", SMALL_PARTS)
    push = f"{PROFILE}-push"
    waiting = copy.creating(THEIRS, push, copy.destination_side())
    address = await addressed(plane, "prepare", waiting)
    assert properties(address)["uploads"] == "parts-v1"
    start = copy.creating(OURS, push, {**copy.source_side(), **SMALL_PARTS})
    await plane.request("start", {**start, "dataAddress": address})
    await plane.reaches(OURS, State.COMPLETED)
    arrived = {key.replace("in/", "out/"): digest for key, digest in sent.items()}
    assert await storage.arrived(bucket_pair) == arrived
    assert history.parts(await plane.events(OURS)).total() == 3
    assert await storage.unfinished_uploads(bucket_pair) == []
    for verb in ("started", "completed"):
        await plane.request(verb, told(THEIRS, verb))
    await plane.cleaned_up()


async def test_strangers_give_and_take_objects_in_one_piece(
    open_plane: Plane, bucket_pair: BucketPair
) -> None:
    plane = open_plane
    sent = await storage.seed(bucket_pair, {"in/a": 11 * MIB})
    copy = Copy(bucket_pair, "in/a", "back", SMALL_PARTS)
    async with shelf(confirms="md5") as (server, url):
        address = {
            "@type": "DataAddress",
            "endpointType": f"{PROFILE}-push",
            "endpoint": f"{url}/inbox",
        }
        metadata = {**copy.source_side(), **SMALL_PARTS}
        start = copy.creating(OURS, f"{PROFILE}-push", metadata)
        await plane.request("start", {**start, "dataAddress": address})
        await plane.reaches(OURS, State.COMPLETED)
        (copied,) = history.of_kind(await plane.events(OURS), ObjectsCopied)
        assert [each.verdict for each in copied.objects] == [Verdict.VERIFIED]

        server.ranges, server.heads = False, True
        wanted = {**copy.destination_side(), **SMALL_PARTS}
        pull = f"{PROFILE}-pull"
        await plane.request("prepare", copy.creating(THEIRS, pull, wanted))
        back = {**address, "endpointType": pull}
        await plane.request("started", told(THEIRS, "started", dataAddress=back))
        await plane.reaches(THEIRS, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"back": sent["in/a"]}
    assert history.parts(await plane.events(THEIRS)).total() == 0
    await plane.cleaned_up()
