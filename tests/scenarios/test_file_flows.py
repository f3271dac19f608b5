"""
A file as an end of a data flow: pushed to a bucket, pulled from one, through a kill.

    push    start (sourceFile, destinationBucket)  → reads the file, COMPLETED
    pull    prepare (sourceBucket, destinationFile) → PREPARED
            started                                 → writes files, COMPLETED
"""

import hashlib
from typing import Any

import pytest

from domain.data_flow import State
from domain.names import upload_stream
from domain.segment.events import ObjectCopied, ObjectOutcome, ObjectsCopied, Verdict
from domain.transfer.events import MultipartUploadCreated
from domain.upload.events import ChunkStored
from tests.scenarios import history, storage
from tests.scenarios.flows import PULL, SMALL_PARTS, Copy, told
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.scenarios.test_http import PROFILE, addressed, listens
from tests.services import BucketPair
from waybill.embedded.ports import free_port
from waybill.files_client import AsyncFilesClient

KEY = "planted-key"
SIZES = {"in/a": 0, "in/b/ü c": 3, "in/d": 21 * MIB}


@pytest.fixture
async def filing(plane: Plane) -> Plane:
    """Give a plane with a file server, whose key its own flows have."""
    port = str(free_port())
    plane.environment |= {
        "WAYBILL_FILES_PORT": port,
        "WAYBILL_FILES_URL": f"http://127.0.0.1:{port}",
        "WAYBILL_FILES_DIRECTORY": str(plane.home / "files"),
        "WAYBILL_FILES_MIN_FREE_BYTES": "0",
        "WAYBILL_UPLOAD_KEYS": f"{KEY}:flows",
        "WAYBILL_FILES_KEY": KEY,
        "WAYBILL_DOOR_PORT": port,  # where `listens` looks
        "WAYBILL_MECHANISM_OPTIONS": '{"http": {"allow_http": true}}',
    }
    plane.start("commands", "dispatcher", "worker", "files")
    await listens(plane)
    return plane


@pytest.fixture
async def open_filing(filing: Plane) -> Plane:
    """Give the same with a data door beside it."""
    filing.environment["WAYBILL_DOOR_PORT"] = str(free_port())
    await filing.stop("commands")
    filing.start("commands", "door")
    await listens(filing)
    return filing


def client_of(plane: Plane) -> AsyncFilesClient:
    return AsyncFilesClient(plane.environment["WAYBILL_FILES_URL"], KEY)


async def outcomes(plane: Plane, flow: str) -> list[ObjectOutcome]:
    found: list[ObjectOutcome] = []
    for each in await plane.events(flow):
        match each.event:
            case ObjectCopied(object=one):
                found.append(one)
            case ObjectsCopied(objects=some):
                found += some
            case _:
                pass
    return found


async def upload_of(plane: Plane, flow: str) -> str:
    """The flow's upload, which is one of the file server's."""
    events = [each.event for each in await plane.events(flow)]
    (one,) = [each for each in events if isinstance(each, MultipartUploadCreated)]
    return one.upload_id


async def error_of(plane: Plane, start: dict[str, Any]) -> str | None:
    """What becomes of a flow that cannot be."""
    await plane.request("start", start)
    await plane.records(start["dataFlowId"], "data-flow.errored.v1")
    return (await plane.flow(start["dataFlowId"])).error


async def pulled(plane: Plane, flow: str, copy: Copy, name: str, **more: Any) -> None:
    """Begin it; where to is the file server's."""
    said = {**copy.source_side(), "destinationFile": name, **SMALL_PARTS, **more}
    reply = await plane.request("prepare", copy.creating(flow, PULL, said))
    assert reply.problem is None, reply
    await plane.request("started", told(flow, "started"))


async def test_what_was_uploaded_is_pushed_and_what_is_pulled_is_a_file(
    filing: Plane, bucket_pair: BucketPair
) -> None:
    plane = filing
    body = b"0123456789" * MIB + b"end"
    async with client_of(plane) as client:
        source = plane.home / "report.csv"
        source.write_bytes(body)
        file = (await client.upload("report.csv", source)).file_id
        assert file == hashlib.sha256(body).hexdigest()
        copy = Copy(bucket_pair, "", "out/")
        metadata = {"sourceFile": file, **copy.destination_side(), **SMALL_PARTS}
        start = copy.creating("push", "AmazonS3-PUSH", metadata)
        assert (await plane.request("start", start)).problem is None
        await plane.reaches("push", State.COMPLETED)
        assert await storage.arrived(bucket_pair) == {"out/report.csv": file}

        lost = {**metadata, "sourceFile": "0" * 64}
        start = copy.creating("lost", "AmazonS3-PUSH", lost)
        assert await error_of(plane, start) == "storage.not-found"

        sent = await storage.seed(bucket_pair, SIZES)
        await pulled(plane, "pull", Copy(bucket_pair, "in/", ""), "true")
        await plane.reaches("pull", State.COMPLETED)
        found = await outcomes(plane, "pull")
        # Of every file its id is the proof, or the checksum of it as it stands.
        assert {each.etag for each in found} == set(sent.values())
        assert {each.verdict for each in found} == {Verdict.VERIFIED}
        names = {(await client.info(each)).filename for each in sent.values()}
        assert names == {"a", "ü c", "d"}
    assert KEY not in repr(await plane.events("pull"))


async def test_a_killed_workers_parts_are_not_sent_again(
    filing: Plane, bucket_pair: BucketPair
) -> None:
    plane, flow = filing, "pull"
    sent = await storage.seed(bucket_pair, {"in/d": 41 * MIB})
    await pulled(
        plane, flow, Copy(bucket_pair, "in/d", ""), "d", multipartConcurrency=1
    )
    await plane.records(flow, "segment.part-copied.v1")
    plane.kill("worker")
    before = history.parts(await plane.events(flow)).total()
    plane.start("worker")
    await plane.reaches(flow, State.COMPLETED)
    events = await plane.events(flow)
    assert before < 9
    assert history.parts(events).total() == 9
    journal = await plane.log.load(upload_stream(await upload_of(plane, flow)))
    chunks = [each.event for each in journal if isinstance(each.event, ChunkStored)]
    assert sorted(each.index for each in chunks) == list(range(9))
    (outcome,) = await outcomes(plane, flow)
    assert outcome.etag == sent["in/d"]
    async with client_of(plane) as client:
        path = await client.download_to_path(outcome.etag or "", plane.home / "back")
    assert path.stat().st_size == 41 * MIB


async def test_a_flow_that_is_ended_leaves_no_upload(
    filing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    plane = filing
    await storage.seed(bucket_pair, {"in/d": 41 * MIB})
    await pulled(plane, flow, Copy(bucket_pair, "in/d", ""), "d")
    await plane.records(flow, "segment.part-copied.v1")
    await plane.request("terminate", told(flow, "terminate"))
    await plane.cleaned_up()
    async with client_of(plane) as client:
        status = await client.uploads.status(await upload_of(plane, flow))
    assert status.state == "aborted"
    assert [*(plane.home / "files" / "tmp").iterdir()] == []


async def test_a_partner_reads_and_writes_files_by_the_data_door(
    open_filing: Plane, bucket_pair: BucketPair
) -> None:
    plane = open_filing
    sent = await storage.seed(bucket_pair, {"in/a": 11 * MIB, "in/b": 3})
    pull, push = f"{PROFILE}-pull", f"{PROFILE}-push"
    # Theirs: a file waits for what is pushed. It is no bucket: no parts are asked for.
    inbox = Copy(bucket_pair, "in/", "").creating(
        "inbox", push, {"destinationFile": "true"}
    )
    address = await addressed(plane, "prepare", inbox)
    assert "parts-v1" not in repr(address)
    pushing = Copy(bucket_pair, "in/", "").creating(
        "push", push, {**Copy(bucket_pair, "in/", "").source_side(), **SMALL_PARTS}
    )
    await plane.request("start", {**pushing, "dataAddress": address})
    await plane.reaches("push", State.COMPLETED)
    found = await outcomes(plane, "push")
    assert {each.verdict for each in found} == {Verdict.VERIFIED}

    # Ours: a partner pulls one of them.
    offer = Copy(bucket_pair, "", "out/")
    file = sent["in/a"]
    outbox = offer.creating("outbox", pull, {"sourceFile": file})
    address = await addressed(plane, "start", outbox)
    wanted = {**offer.destination_side(), **SMALL_PARTS}
    await plane.request("prepare", offer.creating("pull", pull, wanted))
    await plane.request("started", told("pull", "started", dataAddress=address))
    await plane.reaches("pull", State.COMPLETED)
    assert await storage.arrived(bucket_pair) == {"out/a": file}
