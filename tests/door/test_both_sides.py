"""
Both planes of a transfer over HTTP: one opens its door, the other's workers come.

    pull   provider start → address with tokens → consumer started → workers read
    push   consumer prepare → address with a token → provider start → workers send
"""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.data_flow import State
from domain.segment.events import ObjectCopied, ObjectsCopied, Verdict
from tests import services
from tests.door.house import HTTP, House
from tests.scenarios import storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.storage import MIB
from tests.services import BucketPair, TestServers

SIZES = {"in/small": 5, "in/deep/é 1": 70_000, "in/empty": 0, "in/big": 17 * MIB}


@pytest.fixture
async def house(server_home: Path, servers: TestServers) -> AsyncIterator[House]:
    """Give a plane that is both sides of each transfer."""
    home = server_home / f"house-{uuid.uuid4().hex[:8]}"
    await services.delete_streams(servers.nats_url)
    options = json.dumps({"http": {"allow_http": True}})
    with services.fresh_database(servers.database_url) as database:
        async with House.open(
            home, database, servers.nats_url, mechanism_options=options
        ) as house:
            house.plane.start("commands", "dispatcher", "worker", "door")
            await house.opened()
            yield house


def copied(events: list[Any]) -> list[Verdict]:
    """The verdicts of all objects."""
    found: list[Verdict] = []
    for each in events:
        if isinstance(each, ObjectsCopied):
            found += [one.verdict for one in each.objects]
        if isinstance(each, ObjectCopied):
            found.append(each.object.verdict)
    return found


async def test_a_pull_reads_through_the_providers_door(
    house: House, bucket_pair: BucketPair
) -> None:
    sent = await storage.seed(bucket_pair, SIZES)
    copy = Copy(bucket_pair, "in/", "out/")
    plane, profile = house.plane, f"{HTTP}-pull"
    start = copy.creating("theirs", profile, copy.source_side())
    offered = await plane.request("start", start)
    assert offered.status is not None, offered
    metadata = {**copy.destination_side(), **SMALL_PARTS}
    await plane.request("prepare", copy.creating("ours", profile, metadata))
    address = offered.status.data_address
    started = await plane.request(
        "started", told("ours", "started", dataAddress=address)
    )
    assert started.problem is None, started
    await plane.reaches("ours", State.COMPLETED)
    arrived = await storage.arrived(bucket_pair, "out/")
    assert arrived == {f"out/{key[3:]}": digest for key, digest in sent.items()}
    assert len(copied(await house.events("ours"))) == len(SIZES)


async def test_a_push_sends_through_the_consumers_door(
    house: House, bucket_pair: BucketPair
) -> None:
    sent = await storage.seed(bucket_pair, SIZES)
    copy = Copy(bucket_pair, "in/", "out/")
    plane, profile = house.plane, f"{HTTP}-push"
    prepare = copy.creating("theirs", profile, copy.destination_side())
    expected = await plane.request("prepare", prepare)
    assert expected.status is not None, expected
    metadata = {**copy.source_side(), **SMALL_PARTS}
    start = copy.creating("ours", profile, metadata)
    address = expected.status.data_address
    reply = await plane.request("start", {**start, "dataAddress": address})
    assert reply.problem is None, reply
    await plane.reaches("ours", State.COMPLETED)
    arrived = await storage.arrived(bucket_pair, "out/")
    assert arrived == {f"out/{key[3:]}": digest for key, digest in sent.items()}
    verdicts = copied(await house.events("ours"))
    assert verdicts == [Verdict.VERIFIED] * len(SIZES)
    assert await storage.unfinished_uploads(bucket_pair) == []
