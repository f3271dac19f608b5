"""`waybill plan` and the approval endpoint, against a whole plane."""

import asyncio

from typer.testing import CliRunner, Result

from domain.data_flow import State
from domain.transfer.events import MultipartUploadCreated, TransferPlanned
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair, S3Endpoint
from waybill.cli import app


def credentials(pair: BucketPair) -> dict[str, str]:
    sides = {"SOURCE": pair.source, "DESTINATION": pair.destination}
    return {
        f"WAYBILL_{side}_{name}": value
        for side, endpoint in sides.items()
        for name, value in _way_in(endpoint).items()
    }


def _way_in(endpoint: S3Endpoint) -> dict[str, str]:
    return {
        "ENDPOINT_URL": endpoint.endpoint,
        "REGION": endpoint.region,
        "ACCESS_KEY_ID": endpoint.access_key,
        "SECRET_ACCESS_KEY": endpoint.secret_key,
    }


async def told(plane: Plane, pair: BucketPair, *arguments: str) -> Result:
    environment = {
        **credentials(pair),
        "WAYBILL_API_BASE": plane.api_base,
    }
    return await asyncio.to_thread(
        CliRunner().invoke, app, [*arguments], env=environment
    )


async def test_a_plan_is_shown_and_approved_at_the_terminal(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    plane.start("commands", "dispatcher", "worker", "projections", "gateway")
    # Until there is somebody to ask.
    await plane.http("GET", "/dataflows/none/status")
    sent = await storage.seed(bucket_pair, {"in/a.csv": 1024, "in/b.log": 5})
    source = f"s3://{bucket_pair.source_bucket}/in/"
    destination = f"s3://{bucket_pair.destination_bucket}/out/"
    said = ("--exclude", "*.log", "--sync", "etag", "--flow-id", flow)
    shown = await told(plane, bucket_pair, "plan", source, destination, *said)
    assert shown.exit_code == 0, shown.output
    assert "1 KiB" in shown.output
    assert "skipped: excluded" in shown.output
    assert f"waybill flows approve {flow}" in shown.output
    assert await storage.arrived(bucket_pair) == {}
    answer = await plane.http("GET", f"/management/dataflows/{flow}/progress")
    assert answer.json()["progress"]["phase"] == "planned"
    approved = await told(plane, bucket_pair, "flows", "approve", flow)
    assert approved.exit_code == 0, approved.output
    await plane.reaches(flow, State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"out/a.csv": sent["in/a.csv"]}
    again = await told(
        plane, bucket_pair, "plan", source, destination, "--sync", "etag", "--approve"
    )
    assert again.exit_code == 0, again.output
    assert "COMPLETED: 1 objects, 1 skipped" in again.output


async def test_mirrors_and_retries_at_the_terminal(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    plane.start("commands", "dispatcher", "worker", "projections", "gateway")
    await plane.http("GET", "/dataflows/none/status")
    sent = await storage.seed(bucket_pair, {"in/a": 1024})
    source = f"s3://{bucket_pair.source_bucket}/in/"
    destination = f"s3://{bucket_pair.destination_bucket}/out/"
    async with bucket_pair.destination.client() as s3:
        bucket = bucket_pair.destination_bucket
        await s3.put_object(Bucket=bucket, Key="out/extra", Body=b"theirs")
    said = ("--delete-extra", "--max-deletes", "1", "--approve")
    mirrored = await told(plane, bucket_pair, "plan", source, destination, *said)
    assert mirrored.exit_code == 0, mirrored.output
    assert "COMPLETED: 1 objects, 1 deleted" in mirrored.output
    assert await storage.arrived(bucket_pair) == {"out/a": sent["in/a"]}
    async with bucket_pair.source.client() as s3:
        bucket, names = bucket_pair.source_bucket, b"in/a\nin/late\n"
        await s3.put_object(Bucket=bucket, Key="names.txt", Body=names)
    listed = ("--sync", "checksum", "--manifest", "names.txt", "--flow-id", flow)
    named = await told(plane, bucket_pair, "copy", source, destination, *listed)
    assert named.exit_code == 1, named.output
    assert "storage.not-found" in named.output
    await storage.seed(bucket_pair, {"in/late": 3})
    retried = await told(plane, bucket_pair, "copy", "--retry-failed", flow)
    assert retried.exit_code == 0, retried.output
    assert "COMPLETED: 1 objects" in retried.output


async def test_an_approval_survives_the_end_of_the_dispatcher(
    plane: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    plane.start("commands", "dispatcher", "worker")
    names = [f"in/{number}" for number in range(4)]
    sent = await storage.seed(bucket_pair, dict.fromkeys(names, 6 * MIB))
    copy = Copy(bucket_pair, "in/", "out/", {**SMALL_PARTS, "plan": "approve"})
    await plane.request("start", copy.start(flow))
    await plane.records(flow, TransferPlanned.TOPIC)
    body = {"dataFlowId": flow, "messageId": f"approve-{flow}"}
    assert (await plane.request("approve", body)).outcome == "handled"
    await plane.records(flow, MultipartUploadCreated.TOPIC)
    plane.kill("dispatcher")
    plane.start("dispatcher")
    await plane.reaches(flow, State.COMPLETED)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {key.replace("in/", "out/"): sent[key] for key in names}
    created = history.of_kind(await plane.events(flow), MultipartUploadCreated)
    assert len({each.object_id for each in created}) == len(created) == 4
    assert await storage.unfinished_uploads(bucket_pair) == []
    await plane.cleaned_up()
