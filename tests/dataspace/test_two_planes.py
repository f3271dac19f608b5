"""
Whole data flows between two planes, each told by a control plane of its own.

Push and pull; from S3 to S3, from HTTP to S3 and from S3 to HTTP; suspended and resumed
by either side on the way; every callback refused or delayed at random before it is
taken. The order of the messages is the protocol's (DPS, "Suspend and resume").
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.dataspace.conftest import Participant
from tests.dataspace.files import Files
from tests.dataspace.tap import Tap
from tests.scenarios import storage
from tests.services import BucketPair, S3Endpoint

MIB = 1 << 20
SIZE = 32 * MIB
# What comes through before both sides are suspended: some parts, never all.
FIRST = 12 * MIB
PARTS = {"multipartThresholdMb": 5, "multipartPartSizeMb": 5}
S3, HTTP = "AmazonS3", "https://w3id.org/dspace-sig/profile/http"
# What the provider keeps it in, what is between the planes, what the consumer wants.
# Whoever copies reads the one and writes the other: that is the copy's name.
PUSHES = {
    "s3-to-s3": ("s3", S3, "s3"),
    "http-to-s3": ("http", S3, "s3"),
    "s3-to-http": ("s3", HTTP, "s3"),
}
PULLS = {
    "s3-to-s3": ("s3", S3, "s3"),
    "http-to-s3": ("s3", HTTP, "s3"),
    "s3-to-http": ("s3", S3, "http"),
}


@dataclass(frozen=True)
class Ground:
    """Where the provider has its object, and where the consumer wants it."""

    pair: BucketPair
    files: Files
    digest: str
    s3_tap: Tap
    files_tap: Tap

    def of_provider(self, kind: str) -> dict[str, Any]:
        """Metadata of the provider's own side."""
        if kind == "http":
            return {"sourceUrl": f"{self.files_tap.url}/source.bin"}
        source = replace(self.pair.source, endpoint=self.s3_tap.url)
        return _s3("source", source, self.pair.source_bucket)

    async def flows(self) -> None:
        """Wait until as much has come through as may."""
        dry = (self.s3_tap.dry.wait(), self.files_tap.dry.wait())
        waits = {asyncio.ensure_future(each) for each in dry}
        done, rest = await asyncio.wait(
            waits, timeout=60, return_when=asyncio.FIRST_COMPLETED
        )
        for each in rest:
            each.cancel()
        assert done, "no data has moved"

    def release(self) -> None:
        """From now on, all comes through."""
        self.s3_tap.opened.set()
        self.files_tap.opened.set()

    def of_consumer(self, kind: str) -> dict[str, Any]:
        """Metadata of the consumer's own side."""
        if kind == "http":
            return {"destinationUrl": f"{self.files.url}/copy.bin"}
        return _s3("destination", self.pair.destination, self.pair.destination_bucket)

    async def arrived(self, kind: str) -> str:
        """The SHA-256 of what the consumer has."""
        if kind == "http":
            return self.files.sha256("copy.bin")
        return (await storage.arrived(self.pair))["data.bin"]


@pytest.fixture
async def where(bucket_pair: BucketPair, files: Files) -> AsyncIterator[Ground]:
    """Give an object, as a file and in S3, and empty places to copy it to."""
    digests = await storage.seed(bucket_pair, {"data.bin": SIZE})
    body = random.Random("data.bin").randbytes(SIZE)  # noqa: S311 (data)
    (files.folder / "source.bin").write_bytes(body)
    async with (
        Tap.open(bucket_pair.source.endpoint, FIRST) as s3_tap,
        Tap.open(files.url, FIRST) as files_tap,
    ):
        yield Ground(bucket_pair, files, digests["data.bin"], s3_tap, files_tap)


@pytest.mark.parametrize("suspends", ["provider", "consumer"])
@pytest.mark.parametrize("copy", PUSHES)
async def test_a_push_ends_on_both_sides(
    where: Ground,
    provider: Participant,
    consumer: Participant,
    copy: str,
    suspends: str,
) -> None:
    has, profile, wants = PUSHES[copy]
    flow = f"push-{uuid.uuid4().hex[:8]}"
    c, p = f"{flow}-c", f"{flow}-p"
    name = f"{profile}-{'PUSH' if profile == S3 else 'push'}"
    prepared = await consumer.control.creates(
        "prepare", c, name, where.of_consumer(wants) | PARTS
    )
    started = await provider.control.creates(
        "start",
        p,
        name,
        where.of_provider(has) | PARTS | _keys(where, profile),
        dataAddress=prepared["dataAddress"],
    )
    assert "dataAddress" not in started
    await consumer.control.says("started", c)
    await where.flows()
    await _suspend(suspends, (provider, p), (consumer, c))
    where.release()
    address = (await consumer.control.says("resume", c)).get("dataAddress")
    await provider.control.says("resume", p, dataAddress=address)
    await provider.control.hears(p, "completed")
    await consumer.control.says("completed", c)
    await _both_completed(where, wants, (provider, p), (consumer, c))


@pytest.mark.parametrize("suspends", ["provider", "consumer"])
@pytest.mark.parametrize("copy", PULLS)
async def test_a_pull_ends_on_both_sides(
    where: Ground,
    provider: Participant,
    consumer: Participant,
    copy: str,
    suspends: str,
) -> None:
    has, profile, wants = PULLS[copy]
    flow = f"pull-{uuid.uuid4().hex[:8]}"
    c, p = f"{flow}-c", f"{flow}-p"
    name = f"{profile}-{'PULL' if profile == S3 else 'pull'}"
    prepared = await consumer.control.creates(
        "prepare",
        c,
        name,
        where.of_consumer(wants) | PARTS | _source_keys(where, profile),
    )
    assert "dataAddress" not in prepared
    started = await provider.control.creates(
        "start", p, name, where.of_provider(has) | PARTS
    )
    await consumer.control.says("started", c, dataAddress=started["dataAddress"])
    await where.flows()
    await _suspend(suspends, (provider, p), (consumer, c))
    where.release()
    resumed = await provider.control.says("resume", p)
    await consumer.control.says("resume", c, dataAddress=resumed["dataAddress"])
    await consumer.control.hears(c, "completed")
    await provider.control.says("completed", p)
    await _both_completed(where, wants, (provider, p), (consumer, c))


async def _suspend(first: str, *sides: tuple[Participant, str]) -> None:
    """Suspend both, the one that wants it first."""
    order = sides if first == "provider" else sides[::-1]
    for side, flow in order:
        await side.control.says("suspend", flow, reason="a test")
    for side, flow in sides:
        assert await side.control.state(flow) == "SUSPENDED"


async def _both_completed(
    where: Ground, wants: str, *sides: tuple[Participant, str]
) -> None:
    for side, flow in sides:
        assert await side.control.state(flow) == "COMPLETED"
        assert (flow, "errored") not in side.control.heard
    assert await where.arrived(wants) == where.digest
    assert await storage.unfinished_uploads(where.pair) == []
    await asyncio.gather(*(_clean(side, flow) for side, flow in sides))


async def _clean(side: Participant, flow: str) -> None:
    """Every event of the flow stands under its agreement, and no work is left."""
    query = (
        "SELECT (SELECT count(*) FROM work.flow WHERE data_flow_id = '{0}')"
        " + (SELECT count(*) FROM work.segment WHERE data_flow_id = '{0}')"
        " + (SELECT count(*) FROM secret.data_key WHERE data_flow_id = '{0}')"
    )

    async def clean() -> bool:
        return await side.plane.rows(query.format(flow)) == [(0,)]

    await side.plane.until(f"{flow} to be cleaned up", clean, flow)
    agreement = f"agreement-{flow[:-2]}"
    named = {each.metadata.agreement_id for each in await side.plane.events(flow)}
    assert named == {agreement}


def _s3(side: str, endpoint: S3Endpoint, bucket: str) -> dict[str, Any]:
    return {
        f"{side}Bucket": bucket,
        f"{side}Key": "data.bin",
        f"{side}EndpointUrl": endpoint.endpoint,
        f"{side}Region": endpoint.region,
        f"{side}ForcePathStyle": True,
        **_credentials(side, endpoint),
    }


def _credentials(side: str, endpoint: S3Endpoint) -> dict[str, Any]:
    return {
        f"{side}AccessKeyId": endpoint.access_key,
        f"{side}SecretAccessKey": endpoint.secret_key,
    }


def _keys(where: Ground, profile: str) -> dict[str, Any]:
    """An address holds no secret: the provider's control plane has its own keys."""
    return _credentials("destination", where.pair.destination) if profile == S3 else {}


def _source_keys(where: Ground, profile: str) -> dict[str, Any]:
    return _credentials("source", where.pair.source) if profile == S3 else {}
