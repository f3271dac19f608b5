"""The other side of a push sends: whole bodies, by any sender's means."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from domain.reception.events import ObjectReceived, PartReceived, UploadAborted
from domain.segment.events import Verdict
from handlers.mechanisms.hashes import Hashes
from tests.door.house import Guest, House
from tests.scenarios import storage
from tests.scenarios.front import Front, Seen
from tests.scenarios.storage import MIB
from tests.services import BucketPair

SMALL = random.Random("small").randbytes(70_001)  # noqa: S311 (data, no secret)
LARGE = random.Random("large").randbytes(21 * MIB + 5)  # noqa: S311


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def crc(body: bytes) -> str:
    hashes = Hashes(md5=False)
    hashes.update(body)
    return hashes.crc64nvme


async def chunked(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


async def expected(house: House, pair: BucketPair, path: str = "in/") -> Guest:
    return await house.expects(pair.destination, pair.destination_bucket, path)


def first_bit_flipped(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:]


def without_last_part(body: bytes) -> bytes:
    start = body.rindex(b"<Part>")
    end = body.rindex(b"</Part>") + len(b"</Part>")
    return body[:start] + b" " * (end - start) + body[end:]


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
async def test_what_was_stored_wrong_is_removed(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, body: bytes
) -> None:
    def wrong(seen: Seen) -> Callable[[bytes], bytes] | None:
        if seen.is_object:
            return first_bit_flipped
        return without_last_part if seen.is_completion else None

    async with Front.open(bucket_pair.destination.endpoint) as front:
        front.alters = wrong
        guest = await expected(house, storage.destination_at(bucket_pair, front.url))
        url, headers = guest.url("a"), guest.headers
        answer = await client.put(url, content=body, headers=headers)
        assert answer.status_code >= 400, answer.text
        assert "it was removed" in answer.json()["detail"]
        assert await storage.arrived(bucket_pair) == {}
        events = await house.events(guest.flow)
        assert not [each for each in events if isinstance(each, ObjectReceived)]


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("body", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
async def test_a_body_becomes_an_object(
    house: House,
    client: httpx.AsyncClient,
    bucket_pair: BucketPair,
    method: str,
    body: bytes,
) -> None:
    guest = await expected(house, bucket_pair)
    headers = {
        **guest.headers,
        "Content-Type": "text/x-story",
        "x-amz-meta-colour": "green",
    }
    url = guest.url("deep/a é.txt")
    answer = await client.request(method, url, content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["x-amz-checksum-crc64nvme"] == crc(body)
    assert await storage.arrived(bucket_pair) == {"in/deep/a é.txt": sha256(body)}
    async with bucket_pair.destination.client() as s3:
        found = await s3.head_object(
            Bucket=bucket_pair.destination_bucket, Key="in/deep/a é.txt"
        )
    assert found["ETag"] == answer.headers["etag"]
    assert found["ContentType"] == "text/x-story"
    assert found["Metadata"] == {"colour": "green"}
    events = await house.events(guest.flow)
    received = [each for each in events if isinstance(each, ObjectReceived)]
    assert [(each.key, each.size_bytes, each.verdict) for each in received] == [
        ("in/deep/a é.txt", len(body), Verdict.VERIFIED)
    ]


@pytest.mark.parametrize("body", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
async def test_a_body_of_unknown_length_becomes_an_object(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, body: bytes
) -> None:
    guest = await expected(house, bucket_pair, "in/one.bin")
    answer = await client.put(guest.url(), content=chunked(body), headers=guest.headers)
    assert answer.status_code == 201, answer.text
    assert await storage.arrived(bucket_pair) == {"in/one.bin": sha256(body)}
    head = await client.head(guest.url(), headers=guest.headers)
    assert head.headers["content-length"] == str(len(body))
    assert head.headers["etag"] == answer.headers["etag"]


async def test_a_body_without_a_name_gets_one(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await expected(house, bucket_pair)
    said = {"Content-Disposition": 'attachment; filename="../report.csv"'}
    named = await client.post(
        guest.url(), content=SMALL, headers={**guest.headers, **said}
    )
    nameless = await client.post(guest.url(), content=SMALL, headers=guest.headers)
    assert named.headers["location"] == guest.url("report.csv")
    own = nameless.headers["location"].rpartition("/")[2]
    assert await storage.arrived(bucket_pair) == {
        "in/report.csv": sha256(SMALL),
        f"in/{own}": sha256(SMALL),
    }


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
async def test_bytes_that_are_not_those_of_their_checksum_do_not_stay(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, body: bytes
) -> None:
    guest = await expected(house, bucket_pair)
    headers = {**guest.headers, "x-amz-checksum-crc64nvme": crc(body[1:])}
    answer = await client.put(guest.url("a"), content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "storage.mismatch"
    assert await storage.arrived(bucket_pair) == {}
    await nothing_half_written(house, bucket_pair)


async def nothing_half_written(house: House, pair: BucketPair) -> None:
    async def nothing() -> bool:
        return not await storage.unfinished_uploads(pair)

    await house.plane.until("nothing half-written to be left", nothing)


async def test_a_body_that_breaks_off_leaves_nothing(
    house: House, bucket_pair: BucketPair
) -> None:
    guest = await expected(house, bucket_pair)
    host, _, port = house.url.removeprefix("http://").partition(":")
    for framing in (f"Content-Length: {len(LARGE)}", "Transfer-Encoding: chunked"):
        _, writer = await asyncio.open_connection(host, int(port))
        path = guest.url("a").removeprefix(house.url)
        writer.write(
            f"PUT {path} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {guest.token}\r\n{framing}\r\n\r\n".encode()
        )
        half = LARGE[: 12 * MIB]
        if "chunked" in framing:
            half = b"%x\r\n" % len(half) + half + b"\r\n"
        writer.write(half)
        await writer.drain()

        async def begun() -> bool:
            return bool(await storage.unfinished_uploads(bucket_pair))

        await house.plane.until("an upload to be begun", begun)
        writer.transport.abort()
        await nothing_half_written(house, bucket_pair)
    assert await storage.arrived(bucket_pair) == {}

    async def told() -> bool:
        events = await house.events(guest.flow)
        return sum(isinstance(each, UploadAborted) for each in events) == 2

    await house.plane.until("both to be recorded as aborted", told)


async def test_conditions_of_a_put_are_kept(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await expected(house, bucket_pair)
    once = {**guest.headers, "If-None-Match": "*"}
    first = await client.put(guest.url("a"), content=SMALL, headers=once)
    second = await client.put(guest.url("a"), content=b"other", headers=once)
    assert (first.status_code, second.status_code) == (201, 412)
    part = {**guest.headers, "Content-Range": "bytes 0-4/10"}
    partial = await client.put(guest.url("a"), content=b"01234", headers=part)
    assert partial.status_code == 400
    assert await storage.arrived(bucket_pair) == {"in/a": sha256(SMALL)}


# parts-v1


async def begun(client: httpx.AsyncClient, guest: Guest, key: str) -> str:
    answer = await client.post(
        guest.url(key),
        params={"uploads": ""},
        headers={**guest.headers, "x-amz-meta-colour": "green"},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["uploadId"])


async def sent(
    client: httpx.AsyncClient, guest: Guest, key: str, part: tuple[str, int, bytes]
) -> httpx.Response:
    upload, number, body = part
    query = {"uploadId": upload, "partNumber": str(number)}
    return await client.put(
        guest.url(key), params=query, content=body, headers=guest.headers
    )


async def completed(
    client: httpx.AsyncClient, guest: Guest, key: str, part: tuple[str, dict[int, str]]
) -> httpx.Response:
    upload, etags = part
    return await client.post(
        guest.url(key),
        params={"uploadId": upload},
        json={"parts": {str(number): etag for number, etag in etags.items()}},
        headers=guest.headers,
    )


CUT = {1: LARGE[: 8 * MIB], 2: LARGE[8 * MIB : 16 * MIB], 3: LARGE[16 * MIB :]}


async def listed(
    client: httpx.AsyncClient, guest: Guest, key: str, **query: str
) -> dict[str, Any]:
    answer = await client.get(guest.url(key), params=query, headers=guest.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_parts_survive_a_kill_and_become_the_object(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await expected(house, bucket_pair)
    upload = await begun(client, guest, "big")
    etags = {n: await put(client, guest, (upload, n, CUT[n])) for n in (1, 2)}

    house.plane.kill("door")
    house.plane.start("door")
    await house.opened()

    assert await listed(client, guest, "big", uploads="") == {"uploads": [upload]}
    parts = await listed(client, guest, "big", uploadId=upload)
    assert parts["parts"] == [
        {"partNumber": n, "sizeBytes": len(CUT[n]), "etag": etags[n]} for n in (1, 2)
    ]
    # As after a lost answer: the same part once more.
    assert await put(client, guest, (upload, 2, CUT[2])) == etags[2]
    etags[3] = await put(client, guest, (upload, 3, CUT[3]))
    first, again = [
        await completed(client, guest, "big", (upload, etags)) for _ in range(2)
    ]
    assert first.status_code == again.status_code == 200, first.text
    assert first.json() == again.json()
    assert first.json()["sizeBytes"] == len(LARGE)
    assert first.json()["crc64nvme"] == crc(LARGE)
    assert await storage.arrived(bucket_pair) == {"in/big": sha256(LARGE)}
    await proves(house, guest)
    assert await listed(client, guest, "big", uploads="") == {"uploads": []}


async def proves(house: House, guest: Guest) -> None:
    """Three parts and one object are recorded, each once."""
    events = await house.events(guest.flow)
    assert sum(isinstance(each, PartReceived) for each in events) == 3
    (received,) = [each for each in events if isinstance(each, ObjectReceived)]
    assert received.verdict is Verdict.VERIFIED


async def put(
    client: httpx.AsyncClient, guest: Guest, part: tuple[str, int, bytes]
) -> str:
    answer = await sent(client, guest, "big", part)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-amz-checksum-crc64nvme"] == crc(part[2])
    return answer.headers["etag"].strip('"')


async def test_an_upload_that_is_not_there_is_lost(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await expected(house, bucket_pair)
    upload = await begun(client, guest, "big")
    for key, name in (("big", "unknown"), ("other", upload)):
        answer = await sent(client, guest, key, (name, 1, SMALL))
        assert (answer.status_code, answer.json()["code"]) == (
            404,
            "storage.upload-lost",
        )
    for _ in range(2):
        gone = await client.delete(
            guest.url("big"), params={"uploadId": upload}, headers=guest.headers
        )
        assert gone.status_code == 204
    answer = await sent(client, guest, "big", (upload, 1, SMALL))
    assert answer.status_code == 404
    assert await storage.unfinished_uploads(bucket_pair) == []


async def test_only_parts_that_were_received_make_an_object(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await expected(house, bucket_pair)
    upload = await begun(client, guest, "big")
    answer = await sent(client, guest, "big", (upload, 1, SMALL))
    etag = answer.headers["etag"]
    for etags in ({}, {1: "0" * 32}, {1: etag, 2: etag}):
        refused = await completed(client, guest, "big", (upload, etags))
        assert refused.status_code == 400, refused.text
    assert await storage.arrived(bucket_pair) == {}
    short = {"uploadId": upload, "partNumber": "0"}
    refused = await client.put(
        guest.url("big"), params=short, content=b"x", headers=guest.headers
    )
    assert refused.status_code == 400
