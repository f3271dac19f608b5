"""The other side of a pull reads: exactly the bytes that are there, or none."""

import asyncio
import hashlib
import json
import random
from pathlib import Path

import httpx
import pytest

from domain.delivery.events import ObjectServed
from tests.door.house import Guest, House
from tests.scenarios import storage
from tests.scenarios.storage import MIB
from tests.services import BucketPair

SIZE = 3 * MIB + 17
BODY = random.Random("body").randbytes(SIZE)  # noqa: S311 (data, no secret)


async def put(pair: BucketPair, key: str, body: bytes = BODY) -> None:
    async with pair.source.client() as s3:
        await s3.put_object(
            Bucket=pair.source_bucket,
            Key=key,
            Body=body,
            ContentType="text/x-story",
            Metadata={"colour": "green"},
        )


async def offered(house: House, pair: BucketPair, path: str) -> Guest:
    return await house.offers(pair.source, pair.source_bucket, path)


async def test_an_object_is_read_whole_with_its_headers(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "a/täle 1.txt")
    guest = await offered(house, bucket_pair, "a/täle 1.txt")
    answer = await client.get(guest.url(), headers=guest.headers)
    assert answer.status_code == 200
    assert answer.content == BODY
    told = answer.headers
    assert told["content-type"] == "text/x-story"
    assert told["x-amz-meta-colour"] == "green"
    assert told["accept-ranges"] == "bytes"
    assert told["etag"] == f'"{hashlib.md5(BODY).hexdigest()}"'  # noqa: S324
    assert told["content-disposition"] == (
        "attachment; filename*=UTF-8''t%C3%A4le%201.txt"
    )


async def test_head_tells_the_same_and_sends_nothing(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "a.txt")
    guest = await offered(house, bucket_pair, "a.txt")
    read = await client.get(guest.url(), headers=guest.headers)
    head = await client.head(
        guest.url(), headers={**guest.headers, "Range": "bytes=0-0"}
    )
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "etag", "content-type", "accept-ranges"):
        assert head.headers[name] == read.headers[name]


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=5-9", (5, 5)),
        (f"bytes={SIZE - 3}-", (SIZE - 3, 3)),
        ("bytes=-7", (SIZE - 7, 7)),
        (f"bytes=-{SIZE * 2}", (0, SIZE)),
        (f"bytes=1-{SIZE * 2}", (1, SIZE - 1)),
        ("BYTES=0-4", (0, 5)),
    ],
)
async def test_a_range_is_those_bytes(
    house: House,
    client: httpx.AsyncClient,
    bucket_pair: BucketPair,
    asked: str,
    span: tuple[int, int],
) -> None:
    first, length = span
    await put(bucket_pair, "a.txt")
    guest = await offered(house, bucket_pair, "a.txt")
    answer = await client.get(guest.url(), headers={**guest.headers, "Range": asked})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == (
        f"bytes {first}-{first + length - 1}/{SIZE}"
    )
    assert answer.content == BODY[first : first + length]


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "bytes=9-5", "bytes=", "bytes=x-", "lines=1-2"]
)
async def test_what_is_no_single_range_is_answered_whole(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, asked: str
) -> None:
    await put(bucket_pair, "a.txt")
    guest = await offered(house, bucket_pair, "a.txt")
    answer = await client.get(guest.url(), headers={**guest.headers, "Range": asked})
    assert (answer.status_code, answer.content) == (200, BODY)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0"])
async def test_a_range_behind_the_end_is_refused(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, asked: str
) -> None:
    await put(bucket_pair, "a.txt")
    guest = await offered(house, bucket_pair, "a.txt")
    answer = await client.get(guest.url(), headers={**guest.headers, "Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_an_empty_object_is_empty(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "empty", b"")
    guest = await offered(house, bucket_pair, "empty")
    answer = await client.get(guest.url(), headers=guest.headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "0"


async def test_conditions_are_kept(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "a.txt")
    guest = await offered(house, bucket_pair, "a.txt")
    tag = (await client.head(guest.url(), headers=guest.headers)).headers["etag"]
    span = {"Range": "bytes=1-2"}
    asked: list[tuple[dict[str, str], int]] = [
        ({"If-None-Match": f'"x", W/{tag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-Match": tag}, 200),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": f"W/{tag}"}, 412),
        ({**span, "If-Range": tag}, 206),
        ({**span, "If-Range": '"x"'}, 200),
        ({**span, "If-Range": "Sat, 21 Nov 2026 09:00:00 GMT"}, 200),
        ({**span, "If-Match": tag}, 206),
    ]
    for conditions, status in asked:
        headers = {**guest.headers, **conditions}
        answer = await client.get(guest.url(), headers=headers)
        assert answer.status_code == status, conditions


async def test_a_prefix_is_listed_page_by_page_and_each_object_read(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    names = ["a b.txt", "deep/é+%.txt", "deep/~x", "z"]
    for name in names:
        await put(bucket_pair, f"in/{name}", name.encode())
    await put(bucket_pair, "in/", b"")
    await put(bucket_pair, "not ours", b"secret")
    guest = await offered(house, bucket_pair, "in/")
    listed: list[str] = []
    after: str | None = None
    while True:
        query = {"limit": "2", **({"after": after} if after else {})}
        page = await client.get(guest.url(), params=query, headers=guest.headers)
        assert page.headers["content-type"].startswith(
            "application/vnd.waybill.listing+json"
        )
        body = json.loads(page.content)
        listed += [each["key"] for each in body["objects"]]
        after = body["next"]
        if after is None:
            break
    assert listed == sorted(names)
    for name in names:
        answer = await client.get(guest.url(name), headers=guest.headers)
        assert answer.content == name.encode()
    for nothing in ("not ours", "%2E%2E/not ours", "deep"):
        outside = await client.get(guest.url(nothing), headers=guest.headers)
        assert outside.status_code == 404
        assert outside.json()["code"] == "storage.not-found"


async def test_curl_resumes_where_it_was(
    house: House, bucket_pair: BucketPair, tmp_path: Path
) -> None:
    await put(bucket_pair, "a.txt")
    guest = await offered(house, bucket_pair, "a.txt")
    target = tmp_path / "a.txt"
    target.write_bytes(BODY[:1_000_000])
    said = f"Authorization: Bearer {guest.token}"
    command = ["curl", "-sS", "-f", "-C", "-", "-H", said, "-o", str(target)]
    process = await asyncio.create_subprocess_exec(*command, guest.url())
    assert await process.wait() == 0
    assert target.read_bytes() == BODY


async def test_what_was_served_is_summed_up_in_the_log(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "a.txt")
    guest = await offered(house, bucket_pair, "a.txt")
    for first in range(50):
        headers = {**guest.headers, "Range": f"bytes={first}-{first}"}
        await client.get(guest.url(), headers=headers)

    async def recorded() -> list[ObjectServed]:
        events = await house.events(guest.flow)
        served = [each for each in events if isinstance(each, ObjectServed)]
        return served if sum(each.requests for each in served) == 50 else []

    served = await house.plane.until("what was served", recorded)
    assert len(served) <= 3
    assert sum(each.size_bytes for each in served) == 50
    assert sum(each.complete for each in served) == 50


async def test_no_more_streams_than_allowed(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    await storage.seed(bucket_pair, {"big": 40 * MIB})
    guest = await offered(house, bucket_pair, "big")
    readers = [
        client.build_request("GET", guest.url(), headers=guest.headers)
        for _ in range(32)
    ]
    open_ = [await client.send(each, stream=True) for each in readers]
    try:
        refused = await client.get(guest.url(), headers=guest.headers)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
    finally:
        for each in open_:
            await each.aclose()

    async def free() -> bool:
        head = {**guest.headers, "Range": "bytes=0-0"}
        return (await client.get(guest.url(), headers=head)).status_code == 206

    await house.plane.until("those who went away to be let go", free)
