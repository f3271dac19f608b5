"""Bytes through us: what arrives, and how it is proven."""

import asyncio
import base64
import gc
import hashlib
import os
import tracemalloc

import pytest
from awscrt import checksums

from handlers.mechanisms.s3 import Integrity, RelayKind, S3Executor, S3Settings
from handlers.ports import Copier, ObjectInfo, Pin, Range
from tests.handlers.lying import lying, reply
from tests.handlers.s3_sides import (
    KEYS,
    MIB,
    beside_itself,
    copier,
    destination_at,
    got,
    put,
)
from tests.services import BucketPair

DATA = bytes(range(256)) * 4096 * 12  # 12 MiB
PARTS = ((0, 5 * MIB), (5 * MIB, 5 * MIB), (10 * MIB, 2 * MIB))
PATIENCE_SECONDS = 10
CHUNKED = b"""HTTP/1.1 206 Partial Content\r
Transfer-Encoding: chunked\r
ETag: "e"\r
\r
"""


@pytest.fixture(autouse=True, params=list(RelayKind))
def _relay(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test on both ways: the plain one is the oracle of the fast one."""
    monkeypatch.setenv("WAYBILL_RELAY", request.param)


def executor(**settings: object) -> S3Executor:
    return S3Executor(S3Settings(**settings))  # type: ignore[arg-type]


async def relay_all(made: Copier, key: str, like: ObjectInfo) -> list[bool]:
    """Relays `DATA` part by part, completes it; whether each part was proven."""
    upload = await made.destination.create_upload(key, like)
    etags: dict[int, str] = {}
    proven: list[bool] = []
    for number, (start, length) in enumerate(PARTS, 1):
        pin, span = Pin(like.etag), Range(start, length)
        done = await made.relay_part(key, pin, span, key, upload, number)
        crc = checksums.crc64nvme(DATA[start : start + length])
        assert int.from_bytes(base64.b64decode(done.crc64nvme)) == crc
        etags[number] = done.etag
        proven.append(done.proven)
    await made.destination.complete_upload(key, upload, etags)
    return proven


@pytest.mark.parametrize("integrity", list(Integrity))
async def test_parts_arrive_whole_and_are_proven(
    bucket_pair: BucketPair, integrity: Integrity
) -> None:
    key = KEYS[0]
    await put(bucket_pair, key, DATA, ContentType="text/x", ContentEncoding="gzip")
    async with copier(bucket_pair, executor(integrity=integrity)) as made:
        proven = await relay_all(made, key, await made.source.head(key))
        there = await made.destination.head(key)
    assert await got(bucket_pair, key) == DATA
    assert there.headers["content-encoding"] == "gzip"
    if integrity in {Integrity.AUTO, Integrity.MD5, Integrity.TRAILER}:
        assert all(proven)
    if integrity is Integrity.NONE:
        assert not any(proven)


async def test_a_multipart_object_is_relayed_again(bucket_pair: BucketPair) -> None:
    await put(bucket_pair, "k", DATA)
    async with copier(bucket_pair) as made:
        await relay_all(made, "k", await made.source.head("k"))
    back = BucketPair(
        bucket_pair.destination,
        bucket_pair.source,
        bucket_pair.destination_bucket,
        bucket_pair.source_bucket,
    )
    async with copier(back) as made:
        (listed,) = (await made.source.list_page(None, 1)).objects
        found = await made.source.head("k")
        assert listed.etag == found.etag
        assert (await made.relay_object(found, "again")).proven
    assert await got(back, "again") == DATA


@pytest.mark.parametrize("body", [b"", b"x", DATA[: 3 * MIB]], ids=len)
async def test_objects_arrive_with_their_headers(
    bucket_pair: BucketPair, body: bytes
) -> None:
    async with copier(bucket_pair) as made:
        for key in KEYS:
            await put(bucket_pair, key, body, ContentType="x/y", ContentLanguage="ga")
            found = await made.source.head(key)
            done = await made.relay_object(found, key)
            there = await made.destination.head(key)
            assert done.proven
            assert done.etag == hashlib.md5(body, usedforsecurity=False).hexdigest()
            assert there.headers == found.headers
            assert await got(bucket_pair, key) == body


@pytest.mark.parametrize("size", [0, 1, 3 * MIB])
async def test_a_trailer_carries_objects_too(
    bucket_pair: BucketPair, size: int
) -> None:
    await put(bucket_pair, "k", DATA[:size], ContentEncoding="gzip")
    async with copier(bucket_pair, executor(integrity=Integrity.TRAILER)) as made:
        found = await made.source.head("k")
        await made.relay_object(found, "k")
        assert (await made.destination.head("k")).headers == found.headers
    assert await got(bucket_pair, "k") == DATA[:size]


async def test_metadata_beyond_ascii_arrives(bucket_pair: BucketPair) -> None:
    async with bucket_pair.source.client() as s3:
        said = "=?utf-8?q?gr=C3=BC=C3=9F?="
        await s3.put_object(
            Bucket=bucket_pair.source_bucket, Key="k", Body=b"x", Metadata={"m": said}
        )
    async with copier(bucket_pair) as made:
        found = await made.source.head("k")
        await made.relay_object(found, "k")
        upload = await made.destination.create_upload("m", found)
        await made.destination.abort_upload("m", upload)
        there = await made.destination.head("k")
    assert there.headers["x-amz-meta-m"] == found.headers["x-amz-meta-m"]


async def test_a_digest_is_of_the_range(bucket_pair: BucketPair) -> None:
    await put(bucket_pair, "k", DATA)
    async with copier(bucket_pair) as made:
        found = await made.source.head("k")
        md5, crc = await made.digest("k", Pin(found.etag), Range(5, 7 * MIB))
    part = DATA[5 : 5 + 7 * MIB]
    assert md5 == hashlib.md5(part, usedforsecurity=False).hexdigest()
    assert (
        crc == base64.b64encode(checksums.crc64nvme(part).to_bytes(8, "big")).decode()
    )


async def test_a_destination_that_returns_a_crc_needs_no_md5(
    bucket_pair: BucketPair,
) -> None:
    await put(bucket_pair, "k", b"x")
    crc = base64.b64encode(checksums.crc64nvme(b"x").to_bytes(8, "big")).decode()

    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        told = {"ETag": '"odd"', "x_amz_checksum_crc64nvme": crc}
        writer.write(reply("200 OK", Connection="close", **told))
        writer.close()

    async with (
        lying(answer) as liar,
        copier(destination_at(bucket_pair, liar.url)) as made,
    ):
        found = await made.source.head("k")
        for _ in range(3):
            assert (await made.relay_object(found, "k")).proven


async def test_memory_is_bounded_whatever_the_length(bucket_pair: BucketPair) -> None:
    size = 128 * MIB
    pair = beside_itself(bucket_pair)
    await put(pair, "k", os.urandom(8 * MIB))
    async with copier(pair) as made:
        like = await made.source.head("k")
        upload = await made.destination.create_upload("big", like)
        pin, span = Pin(like.etag), Range(0, 8 * MIB)
        etags = {
            n: (await made.copy_part("k", pin, span, "big", upload, n)).etag
            for n in range(1, size // span.length_bytes + 1)
        }
        big = await made.destination.complete_upload("big", upload, etags)
    async with copier(bucket_pair) as made:
        upload = await made.destination.create_upload("big", big)
        gc.collect()
        tracemalloc.start()
        try:
            done = await made.relay_part(
                "big", Pin(big.etag), Range(0, size), "big", upload, 1
            )
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert done.proven
        assert peak < 16 * MIB
        await made.destination.abort_upload("big", upload)
