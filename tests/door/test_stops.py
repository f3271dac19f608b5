"""A flow that stops: nothing moves through the door, and nothing stays half-written."""

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from domain import names
from domain.delivery.events import ObjectServed
from domain.reception.events import UploadAborted, UploadLeft
from eventlog import Append
from tests import controls
from tests.door.house import Guest, House
from tests.scenarios import storage
from tests.scenarios.flows import told
from tests.scenarios.front import Front
from tests.scenarios.storage import MIB
from tests.services import BucketPair

SIZE = 64 * MIB
PART = random.Random("part").randbytes(6 * MIB)  # noqa: S311 (data, no secret)
PROMISED_SECONDS = 2.0


async def offered(house: House, pair: BucketPair) -> Guest:
    await storage.seed(pair, {"big": SIZE})
    return await house.offers(pair.source, pair.source_bucket, "big")


@asynccontextmanager
async def reading(
    client: httpx.AsyncClient, guest: Guest
) -> AsyncIterator[AsyncIterator[bytes]]:
    """A download that has begun, and goes on as far as it is taken."""
    async with client.stream("GET", guest.url(), headers=guest.headers) as answer:
        assert answer.status_code == 200
        chunks = answer.aiter_raw()
        await anext(chunks)
        yield chunks


async def read_on(chunks: AsyncIterator[bytes]) -> int:
    return sum([len(chunk) async for chunk in chunks])


async def was_cut(house: House, guest: Guest) -> bool:
    """Whether the log tells that a read ended early, and why."""
    events = await house.events(guest.flow)
    served = [each for each in events if isinstance(each, ObjectServed)]
    return [(e.complete, e.broken_by) for e in served] == [(0, "flow.suspended")]


async def test_a_suspend_cuts_a_download_and_is_confirmed(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await offered(house, bucket_pair)
    async with reading(client, guest) as chunks:
        begun = time.monotonic()
        reply = await house.plane.request("suspend", told(guest.flow, "suspend"))
        assert reply.confirmation == "confirmed", reply
        assert time.monotonic() - begun < PROMISED_SECONDS
        with pytest.raises(httpx.TransportError):
            await read_on(chunks)
    refused = await client.get(guest.url(), headers=guest.headers)
    assert refused.status_code == 503
    assert refused.json()["code"] == "flow.suspended"
    assert int(refused.headers["retry-after"]) > 0

    await house.plane.until("it to be recorded", lambda: was_cut(house, guest))
    await house.plane.request("resume", told(guest.flow, "resume"))
    span = {**guest.headers, "Range": f"bytes={SIZE - 1}-"}

    async def goes_on() -> bool:
        return (await client.get(guest.url(), headers=span)).status_code == 206

    await house.plane.until("it to be read again", goes_on)


async def test_a_suspend_that_nobody_told_the_door_is_found(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await offered(house, bucket_pair)
    stream = names.data_flow_stream(guest.flow)
    async with reading(client, guest) as chunks:
        event = controls.suspended(data_flow_id=guest.flow)
        await house.plane.log.append(controls.cause(), Append(stream, 1, (event,)))
        await house.plane.until("it to be cut", lambda: was_cut(house, guest))
        with pytest.raises(httpx.TransportError):
            await read_on(chunks)


async def test_a_completed_flow_lets_a_reader_end_and_no_other_begin(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await offered(house, bucket_pair)
    async with reading(client, guest) as chunks:
        await house.plane.request("completed", told(guest.flow, "completed"))

        async def refused() -> bool:
            answer = await client.head(guest.url(), headers=guest.headers)
            return answer.status_code == 410

        await house.plane.until("the flow to be over at the door", refused)
        assert await read_on(chunks) > SIZE // 2
    answer = await client.get(guest.url(), headers=guest.headers)
    assert (answer.status_code, answer.json()["code"]) == (410, "flow.ended")


async def test_a_reader_that_goes_away_stops_the_read(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await offered(house, bucket_pair)
    async with reading(client, guest):
        pass

    async def noted() -> list[ObjectServed]:
        events = await house.events(guest.flow)
        return [each for each in events if isinstance(each, ObjectServed)]

    (served,) = await house.plane.until("it to be noted", noted)
    assert served.size_bytes < SIZE
    assert (served.complete, served.broken_by) == (0, "")


async def test_a_source_that_breaks_off_breaks_the_answer(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    await storage.seed(bucket_pair, {"big": SIZE})
    async with breaking(bucket_pair.source.endpoint, SIZE // 2) as url:
        source = replace(bucket_pair.source, endpoint=url)
        guest = await house.offers(source, bucket_pair.source_bucket, "big")
        async with reading(client, guest) as chunks:
            with pytest.raises(httpx.TransportError):
                await read_on(chunks)


async def expecting(house: House, client: httpx.AsyncClient, pair: BucketPair) -> Guest:
    """A flow that has received a part of two uploads."""
    guest = await house.expects(pair.destination, pair.destination_bucket, "in/")
    for key in ("a", "b"):
        url = guest.url(key)
        begun = await client.post(url, params={"uploads": ""}, headers=guest.headers)
        query = {"uploadId": begun.json()["uploadId"], "partNumber": "1"}
        sent = await client.put(url, params=query, content=PART, headers=guest.headers)
        assert sent.status_code == 200, sent.text
    return guest


async def test_a_terminate_leaves_no_upload(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await expecting(house, client, bucket_pair)
    sending = asyncio.create_task(
        client.put(guest.url("c"), content=slowly(), headers=guest.headers)
    )

    async def three() -> bool:
        return len(await storage.unfinished_uploads(bucket_pair)) == 3

    await house.plane.until("three uploads to be open", three)
    reply = await house.plane.request("terminate", told(guest.flow, "terminate"))
    assert reply.confirmation == "confirmed", reply
    with pytest.raises(httpx.TransportError):
        # Either it is told why, or it finds the connection closed while it sends.
        (await sending).raise_for_status()

    async def clean() -> bool:
        return not await storage.unfinished_uploads(bucket_pair)

    await house.plane.until("no upload to be left", clean)
    assert await storage.arrived(bucket_pair) == {}

    async def told_so() -> bool:
        events = await house.events(guest.flow)
        return sum(isinstance(each, UploadAborted) for each in events) == 3

    await house.plane.until("all three to be recorded as aborted", told_so)
    refused = await client.put(guest.url("d"), content=b"x", headers=guest.headers)
    assert (refused.status_code, refused.json()["code"]) == (410, "flow.ended")


async def test_an_upload_that_a_crash_left_unrecorded_is_found_by_its_intent(
    house: House, bucket_pair: BucketPair
) -> None:
    pair = bucket_pair
    guest = await house.expects(pair.destination, pair.destination_bucket, "in/")
    bucket = pair.destination_bucket
    async with pair.destination.client() as s3:
        theirs = await s3.create_multipart_upload(Bucket=bucket, Key="in/a")
        # What the door does, up to the moment before the second event.
        planned = controls.upload_planned(
            data_flow_id=guest.flow, key="in/a", uploads_before=(theirs["UploadId"],)
        )
        ledger = Append(names.reception_ledger(guest.flow), 0, (planned,))
        await house.plane.log.append(controls.cause(), ledger)
        await s3.create_multipart_upload(Bucket=bucket, Key="in/a")
        await house.plane.request("terminate", told(guest.flow, "terminate"))

        async def only_theirs() -> bool:
            listed = await s3.list_multipart_uploads(Bucket=bucket)
            found = [each.get("UploadId") for each in listed.get("Uploads", [])]
            return found == [theirs["UploadId"]]

        await house.plane.until("only the other's upload to be left", only_theirs)


async def test_an_upload_that_may_not_be_aborted_any_more_is_named(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    async with Front.open(bucket_pair.destination.endpoint) as front:
        through = storage.destination_at(bucket_pair, front.url)
        guest = await expecting(house, client, through)
        front.refusal = (400, "ExpiredToken")
        front.refuses = lambda _: True
        await house.plane.request("terminate", told(guest.flow, "terminate"))

        async def named() -> list[UploadLeft]:
            events = await house.events(guest.flow)
            left = [each for each in events if isinstance(each, UploadLeft)]
            return left if len(left) > 1 else []

        left = await house.plane.until("both uploads to be named", named)
    assert {each.key for each in left} == {"in/a", "in/b"}
    assert {each.code for each in left} == {"storage.credentials-expired"}
    assert all(each.storage_upload_id for each in left)
    assert sorted(await storage.unfinished_uploads(bucket_pair)) == ["in/a", "in/b"]


async def slowly() -> AsyncIterator[bytes]:
    """A body that would go on for ever."""
    while True:
        yield PART
        await asyncio.sleep(0.05)


@asynccontextmanager
async def breaking(upstream: str, after_bytes: int) -> AsyncIterator[str]:
    """In front of a server: each of its answers breaks off."""
    there = urlsplit(upstream)
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        up_reader, up_writer = await asyncio.open_connection(there.hostname, there.port)
        asking = asyncio.create_task(passed(reader, up_writer, None))
        try:
            await passed(up_reader, writer, after_bytes)
        finally:
            asking.cancel()
            up_writer.transport.abort()
            writer.transport.abort()

    listening = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(serve, sock=listening)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.wait(serving)


async def passed(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None
) -> None:
    count = 0
    while (most is None or count < most) and (chunk := await reader.read(65536)):
        writer.write(chunk)
        await writer.drain()
        count += len(chunk)
