"""A current EDC leads flows through their whole lives, and takes our callbacks.

Each release writes its requests its own way; all of them go over HTTP to the real
gateway, and from there to the real handlers.
"""

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.data_flow import State
from tests import services
from tests.domain import schema
from tests.gateway.edc import RELEASES, Connector, Release, forwarded, of_an_asset
from tests.scenarios import storage
from tests.scenarios.control_plane import ControlPlane
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.services import BucketPair, TestServers

PUSH, PULL = "AmazonS3-PUSH", "AmazonS3-PULL"
SLOWLY_BYTES_PER_SECOND = 20_000
LARGE_BYTES = 2_000_000

Connect = Callable[[Release], Connector]


@pytest.fixture(scope="module")
async def control() -> AsyncIterator[ControlPlane]:
    """Give the end of EDC that is called back."""
    async with ControlPlane.open() as control:
        yield control


@pytest.fixture(scope="module")
async def plane(
    server_home: Path, servers: TestServers, control: ControlPlane
) -> AsyncIterator[Plane]:
    """Give a whole plane that the module shares."""
    home = server_home / f"plane-{uuid.uuid4().hex[:8]}"
    await services.delete_streams(servers.nats_url)
    with services.fresh_database(servers.database_url) as database:
        async with Plane.open(
            home, database, servers.nats_url, control_plane_url=control.url
        ) as plane:
            plane.start("commands", "dispatcher", "worker", "projections", "gateway")
            # Answered once there is a handler to ask.
            await plane.http("GET", "/dataflows/none/status")
            yield plane


@pytest.fixture
async def connect(plane: Plane, control: ControlPlane) -> AsyncIterator[Connect]:
    """Give what makes a connector of a release, with this plane registered."""
    async with httpx.AsyncClient(base_url=plane.api_base, timeout=20) as client:
        control.calls.clear()
        control.refusals = []
        yield lambda release: Connector(release, client, control.url)


@pytest.fixture
def process() -> str:
    """Give the id of a transfer process."""
    return str(uuid.uuid4())


def inbox(pair: BucketPair) -> dict[str, Any]:
    """The metadata of a transfer, as a consumer may say it."""
    return {
        "bucketName": pair.destination_bucket,
        "objectKey": "in/",
        "region": pair.destination.region,
    }


def lake(pair: BucketPair) -> dict[str, Any]:
    """The metadata of an asset, as a provider may say it."""
    return {
        "sourceBucket": pair.source_bucket,
        "sourceKey": "out/",
        "sourceRegion": pair.source.region,
        "sourceEndpointUrl": pair.source.endpoint,
        "sourceForcePathStyle": "true",
        "sourceAccessKeyId": pair.source.access_key,
        "sourceSecretAccessKey": pair.source.secret_key,
    }


def bucket(pair: BucketPair, endpoint: str = "") -> dict[str, Any]:
    """The destination with its keys, as EDC's own address of S3 has it."""
    end = pair.destination
    return of_an_asset(
        {
            "region": end.region,
            "bucketName": pair.destination_bucket,
            "folderName": "in",
            "keyName": "an-alias-of-edc's-vault",
            "endpointOverride": endpoint or end.endpoint,
            "accessKeyId": end.access_key,
            "secretAccessKey": end.secret_key,
            "forcePathStyle": "true",
        }
    )


def status_of(answer: httpx.Response, process: str, state: str) -> dict[str, Any]:
    """The body, as EDC reads it: the state, and an address that has a type."""
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert schema.errors("DataFlowStatusMessage", body) == []
    # EDC takes any state that ends so for one that is not reached yet.
    assert not body["state"].endswith("ING")
    assert (body["dataFlowId"], body["state"]) == (process, state)
    return body


def done(answer: httpx.Response) -> None:
    assert answer.is_success, answer.text


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
async def test_a_consumer_of_a_push(
    connect: Connect, bucket_pair: BucketPair, process: str, release: Release
) -> None:
    edc = connect(release)
    answer = await edc.prepare(process, PUSH, inbox(bucket_pair))
    told = status_of(answer, process, "PREPARED")["dataAddress"]
    assert told["endpoint"] == f"s3://{bucket_pair.destination_bucket}/in/"
    done(await edc.started(process))
    assert await edc.state(process) == "STARTED"
    if release.resumes:
        done(await edc.suspend(process))
        assert await edc.state(process) == "SUSPENDED"
        status_of(await edc.resume(process), process, "STARTED")
    done(await edc.completed(process))
    assert await edc.state(process) == "COMPLETED"


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
async def test_a_provider_of_a_push(
    connect: Connect, bucket_pair: BucketPair, process: str, release: Release
) -> None:
    edc = connect(release)
    await storage.seed(bucket_pair, {"out/large": LARGE_BYTES})
    async with Front.open(bucket_pair.destination.endpoint) as slow:
        slow.bytes_per_second = SLOWLY_BYTES_PER_SECOND
        address = bucket(bucket_pair, slow.url)
        answer = await edc.start(process, PUSH, lake(bucket_pair), address)
        assert "dataAddress" not in status_of(answer, process, "STARTED")
        done(await edc.suspend(process))
        assert await edc.state(process) == "SUSPENDED"
        if release.resumes:
            # EDC sends the address again where it is its owner.
            again = await edc.resume(process, forwarded(address))
            status_of(again, process, "STARTED")
        done(await edc.terminate(process))
        assert await edc.state(process) == "TERMINATED"


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
async def test_a_provider_of_a_pull(
    connect: Connect, bucket_pair: BucketPair, process: str, release: Release
) -> None:
    edc = connect(release)
    answer = await edc.start(process, PULL, lake(bucket_pair), None)
    told = status_of(answer, process, "STARTED")["dataAddress"]
    assert told["endpoint"] == f"s3://{bucket_pair.source_bucket}/out/"
    assert bucket_pair.source.secret_key not in answer.text
    done(await edc.suspend(process))
    if release.resumes:
        status_of(await edc.resume(process), process, "STARTED")
    done(await edc.terminate(process))
    assert await edc.state(process) == "TERMINATED"


async def test_what_a_consumer_told_is_what_a_provider_writes_to(
    plane: Plane, connect: Connect, bucket_pair: BucketPair, process: str
) -> None:
    edc = connect(RELEASES[-1])
    answer = await edc.prepare(process, PUSH, inbox(bucket_pair))
    told = forwarded(answer.json()["dataAddress"])
    sent = await storage.seed(bucket_pair, {"out/a": 10})
    # Where the consumer's storage is, and the keys to it, were agreed beforehand.
    end = bucket_pair.destination
    agreed = {
        "destinationEndpointUrl": end.endpoint,
        "destinationForcePathStyle": True,
        "destinationAccessKeyId": end.access_key,
        "destinationSecretAccessKey": end.secret_key,
    }
    provider = str(uuid.uuid4())
    metadata = {**lake(bucket_pair), **agreed}
    status_of(await edc.start(provider, PUSH, metadata, told), provider, "STARTED")
    await plane.reaches(provider, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"in/a": sent["out/a"]}
    # What it still had to tell would be refused in place of the next one.
    await plane.records(provider, "callback.delivered.v1")


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
async def test_a_callback_passes_edcs_filter(
    plane: Plane,
    control: ControlPlane,
    connect: Connect,
    bucket_pair: BucketPair,
    release: Release,
) -> None:
    edc, process = connect(release), str(uuid.uuid4())
    # Not known yet, or not STARTED yet: EDC refuses, and we must come again.
    control.refusals = [401, 409]
    await storage.seed(bucket_pair, {"out/a": 10})
    await edc.start(process, PUSH, lake(bucket_pair), bucket(bucket_pair))
    await plane.records(process, "callback.delivered.v1")
    assert [each.status for each in control.calls] == [401, 409, 200]
    for call in control.calls:
        assert call.path == f"/transfers/{process}/dataflow/completed"
        assert schema.errors("DataFlowStatusMessage", call.body) == []
        assert None not in call.body.values()
        assert call.body["messageId"]
        assert call.body["dataFlowId"] == process
        assert call.body["state"] == State.COMPLETED


async def test_an_error_is_told_with_the_state_it_leaves(
    plane: Plane,
    control: ControlPlane,
    connect: Connect,
    bucket_pair: BucketPair,
    process: str,
) -> None:
    edc = connect(RELEASES[-1])
    metadata = {**lake(bucket_pair), "sourceKey": "there-is-no-such-key"}
    await edc.start(process, PUSH, metadata, bucket(bucket_pair))
    await plane.records(process, "callback.delivered.v1")
    (call,) = control.calls
    assert call.path == f"/transfers/{process}/dataflow/errored"
    assert schema.errors("DataFlowStatusMessage", call.body) == []
    assert call.body["state"] == State.STARTED
    assert call.body["error"]
    # EDC only notes it; whoever reads its log then terminates.
    done(await edc.terminate(process))
    assert await edc.state(process) == "TERMINATED"


@pytest.mark.parametrize("release", RELEASES[2:], ids=lambda release: release.name)
async def test_a_request_that_edc_sends_again_is_answered_the_same(
    connect: Connect, bucket_pair: BucketPair, process: str, release: Release
) -> None:
    # After an I/O error, with the same bytes.
    edc = connect(release)
    first = await edc.prepare(process, PUSH, inbox(bucket_pair))
    again = await edc.http.post(
        "/dataflows/prepare",
        content=first.request.content,
        headers={"Content-Type": first.request.headers["Content-Type"]},
    )
    assert (again.status_code, again.json()) == (200, first.json())
    # Another transfer process never has the same id.
    other = await edc.prepare(process, PUSH, inbox(bucket_pair))
    assert other.is_client_error
