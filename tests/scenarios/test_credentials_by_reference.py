"""Credentials that the operator keeps: named by our control plane, by nobody else."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.data_flow import State
from domain.data_flow.events import DataFlowErrored
from tests.scenarios import history, storage
from tests.scenarios.flows import PUSH, Copy, address
from tests.scenarios.ground import Ground
from tests.scenarios.plane import Plane
from tests.services import BucketPair, S3Endpoint

FLOW = "flow-1"


def kept(endpoint: S3Endpoint, bucket: str) -> dict[str, Any]:
    return {
        "accessKeyId": endpoint.access_key,
        "secretAccessKey": endpoint.secret_key,
        "endpoints": [endpoint.endpoint],
        "buckets": [bucket],
    }


@pytest.fixture
async def plane(ground: Ground, bucket_pair: BucketPair) -> AsyncIterator[Plane]:
    """Give a plane whose operator keeps the keys to both buckets."""
    ground.home.mkdir(parents=True, exist_ok=True)
    path = ground.home / "credentials.json"
    pair = bucket_pair
    entries = {
        "ours": kept(pair.source, pair.source_bucket),
        "theirs": kept(pair.destination, pair.destination_bucket),
    }
    path.write_text(json.dumps(entries), "utf-8")
    async with Plane.open(
        ground.home, ground.database_url, ground.nats_url, credentials_file=str(path)
    ) as plane:
        plane.start("commands", "dispatcher", "worker")
        yield plane


def start(pair: BucketPair, **metadata: str) -> dict[str, Any]:
    """A push whose destination comes from the other side, without any key."""
    copy = Copy(pair, "in/", "out/")
    said = {n: v for n, v in copy.source_side().items() if "accesskey" not in n.lower()}
    told = address(pair.destination, pair.destination_bucket, "out/")
    told["endpointProperties"] = [
        each
        for each in told["endpointProperties"]
        if "accesskey" not in each["name"].lower()
    ]
    return {**copy.creating(FLOW, PUSH, {**said, **metadata}), "dataAddress": told}


async def test_a_copy_with_named_credentials(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    sent = await storage.seed(bucket_pair, {"in/a": 10})
    names = {"sourceCredentials": "ours", "destinationCredentials": "theirs"}
    reply = await plane.request("start", start(bucket_pair, **names))
    assert reply.problem is None, reply
    await plane.reaches(FLOW, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"out/a": sent["in/a"]}
    recorded = " ".join(e.event.model_dump_json() for e in await plane.events(FLOW))
    assert "alias:ours" in recorded
    assert bucket_pair.source.secret_key not in recorded


@pytest.mark.parametrize(
    ("source", "destination", "complaint"),
    [
        ("nobody", "theirs", "source: this plane has no credentials named nobody"),
        ("theirs", "theirs", "source: the credentials theirs are not for this"),
        ("ours", "ours", "destination: the credentials ours are not for this"),
    ],
)
async def test_a_name_is_refused_where_it_is_not_meant(
    plane: Plane, bucket_pair: BucketPair, source: str, destination: str, complaint: str
) -> None:
    await storage.seed(bucket_pair, {"in/a": 10})
    names = {"sourceCredentials": source, "destinationCredentials": destination}
    await plane.request("start", start(bucket_pair, **names))
    await plane.records(FLOW, "data-flow.errored.v1")
    (error,) = history.of_kind(await plane.events(FLOW), DataFlowErrored)
    assert error.code == "storage.denied"
    assert complaint in error.detail
    assert await storage.arrived(bucket_pair) == {}
