"""Our own HTTP ends at our own door: keys, parts, proofs, and tokens renewed."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from domain.errors import StorageError
from domain.mechanisms.http import HttpAddress
from handlers.copiers import GivenAccess
from handlers.door.identity import document
from handlers.mechanisms.http import HttpExecutor, Identity
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import S3Executor
from handlers.ports import DestinationEnd, ObjectInfo, Pin, Range, SourceEnd
from tests.door.house import Guest, House
from tests.handlers.http_sides import http_destination, http_source, secrets, serving
from tests.handlers.s3_sides import (
    KEYS,
    MIB,
    access,
    destination_address,
    got,
    put,
    source_address,
)
from tests.services import BucketPair

SIZES = (0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1)
MANY: dict[str, Any] = {"prefix": "", "below": True}
PARTS: dict[str, Any] = {**MANY, "uploads": "parts-v1"}


def shown(guest: Guest) -> GivenAccess:
    return secrets(authorization=guest.token)


@asynccontextmanager
async def s3_source(pair: BucketPair) -> AsyncGenerator[SourceEnd]:
    place = source_address(pair).location()
    async with S3Executor().open_source(place, access(pair.source)) as end:
        yield end


@asynccontextmanager
async def s3_destination(pair: BucketPair) -> AsyncGenerator[DestinationEnd]:
    place = destination_address(pair).location()
    opening = S3Executor().open_destination(place, access(pair.destination))
    async with opening as end:
        yield end


async def reading(house: House, pair: BucketPair, path: str) -> Guest:
    return await house.offers(pair.source, pair.source_bucket, path)


async def writing(house: House, pair: BucketPair, path: str) -> Guest:
    return await house.expects(pair.destination, pair.destination_bucket, path)


async def test_what_is_behind_a_door_is_listed_page_by_page(
    house: House, bucket_pair: BucketPair
) -> None:
    for key in KEYS:
        await put(bucket_pair, f"in/{key}", key.encode())
    guest = await reading(house, bucket_pair, "in/")
    async with http_source(guest.endpoint, shown(guest), **MANY) as end:
        found: list[ObjectInfo] = []
        cursor, more = None, True
        while more:
            page = await end.store.list_page(cursor, 2)
            found += page.objects
            cursor, more = page.cursor, page.cursor is not None
        assert sorted(each.key for each in found) == sorted(KEYS)
        # Any key is a cursor, also the last.
        assert (await end.store.list_page(found[-1].key, 2)).objects == ()
        for each in found:
            alone = await end.store.head(each.key)
            assert (alone.etag, alone.size_bytes) == (each.etag, each.size_bytes)
            assert alone.headers["x-amz-meta-who"] == "us"
            pin = Pin(each.etag)
            async with end.read(each.key, pin, None) as incoming:
                body = b"".join([chunk async for chunk in incoming.chunks])
            assert body == each.key.encode()


@pytest.mark.parametrize("size", SIZES)
async def test_an_object_is_pulled_through_a_door(
    house: House, bucket_pair: BucketPair, size: int
) -> None:
    body = os.urandom(size)
    await put(bucket_pair, "a/ü b.csv", body, ContentType="text/csv")
    guest = await reading(house, bucket_pair, "a/ü b.csv")
    async with (
        http_source(guest.endpoint, shown(guest)) as reads,
        s3_destination(bucket_pair) as writes,
    ):
        made = Pair(reads, writes)
        (found,) = (await made.source.list_page(None, 10)).objects
        assert (found.key, found.size_bytes, found.ranges) == ("ü b.csv", size, True)
        assert (await made.relay_object(found, "there")).proven
        there = await made.destination.head("there")
        assert there.headers["content-type"] == "text/csv"
        assert there.headers["x-amz-meta-who"] == "us"
        if size > MIB:
            upload = await made.destination.create_upload("parts", found)
            span = Range(0, size)
            part = await made.relay_part("", Pin(found.etag), span, "parts", upload, 1)
            assert part.proven
            await made.destination.abort_upload("parts", upload)
    assert await got(bucket_pair, "there") == body


async def test_an_object_that_changes_behind_the_door_is_noticed(
    house: House, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "in/k", b"old")
    guest = await reading(house, bucket_pair, "in/")
    async with http_source(guest.endpoint, shown(guest), **MANY) as end:
        old = await end.store.head("k")
        await put(bucket_pair, "in/k", b"new")
        with pytest.raises(StorageError) as error:
            async with end.read("k", Pin(old.etag), None):
                pass
        assert error.value.code == "storage.source-changed"
        with pytest.raises(StorageError) as error:
            await end.store.head("nothing")
        assert error.value.code == "storage.not-found"


@pytest.mark.parametrize("key", KEYS)
async def test_an_object_goes_through_a_door_in_parts(
    house: House, bucket_pair: BucketPair, key: str
) -> None:
    body = os.urandom(5 * MIB + 3)
    await put(bucket_pair, key, body, ContentType="text/csv")
    guest = await writing(house, bucket_pair, "out/")
    async with (
        s3_source(bucket_pair) as reads,
        http_destination(guest.endpoint, shown(guest), **PARTS) as writes,
    ):
        made = Pair(reads, writes)
        assert made.takes_parts
        like = await made.source.head(key)
        upload = await made.destination.create_upload(key, like)
        assert list(await made.destination.list_uploads(key)) == [upload]
        etags: dict[int, str] = {}
        for number, (start, length) in enumerate([(0, 5 * MIB), (5 * MIB, 3)], 1):
            pin, span = Pin(like.etag), Range(start, length)
            part = await made.relay_part(key, pin, span, key, upload, number)
            assert part.proven
            etags[number] = part.etag
        listed = await made.destination.list_parts(key, upload)
        assert {each.part_number: each.etag for each in listed} == etags
        there = await made.destination.complete_upload(key, upload, etags)
        again = await made.destination.complete_upload(key, upload, etags)
        assert again.etag == there.etag
        assert list(await made.destination.list_uploads(key)) == []
        found = await made.destination.head(key)
        assert (found.size_bytes, found.etag) == (len(body), there.etag)
    assert await got(bucket_pair, f"out/{key}") == body


async def test_small_objects_go_through_a_door_and_an_upload_can_be_aborted(
    house: House, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "k", b"abc", ContentType="text/csv")
    guest = await writing(house, bucket_pair, "out/")
    async with (
        s3_source(bucket_pair) as reads,
        http_destination(guest.endpoint, shown(guest), **PARTS) as writes,
    ):
        made = Pair(reads, writes)
        like = await made.source.head("k")
        assert (await made.relay_object(like, "a/k")).proven
        upload = await made.destination.create_upload("a/l", like)
        for _ in range(2):
            await made.destination.abort_upload("a/l", upload)
        for lost in (
            made.destination.list_parts("a/l", upload),
            made.relay_part("k", Pin(like.etag), Range(0, 3), "a/l", upload, 1),
        ):
            with pytest.raises(StorageError) as error:
                await lost
            assert error.value.code == "storage.upload-lost"
    assert await got(bucket_pair, "out/a/k") == b"abc"


async def test_from_one_door_to_another(house: House, bucket_pair: BucketPair) -> None:
    body = os.urandom(6 * MIB)
    await put(bucket_pair, "in/k", body)
    source = await reading(house, bucket_pair, "in/")
    goal = await writing(house, bucket_pair, "only")
    one: dict[str, Any] = {"key": "only", "uploads": "parts-v1"}
    async with (
        http_source(source.endpoint, shown(source), **MANY) as reads,
        http_destination(goal.endpoint, shown(goal), **one) as writes,
    ):
        made = Pair(reads, writes)
        (found,) = (await made.source.list_page(None, 10)).objects
        upload = await made.destination.create_upload("only", found)
        pin, span = Pin(found.etag), Range(0, len(body))
        part = await made.relay_part("k", pin, span, "only", upload, 1)
        await made.destination.complete_upload("only", upload, {1: part.etag})
    assert await got(bucket_pair, "only") == body


async def test_an_expired_token_of_a_door_is_renewed_by_our_did(
    house: House, bucket_pair: BucketPair
) -> None:
    await put(bucket_pair, "k", b"abc")
    key = ec.generate_private_key(ec.SECP256R1())
    async with serving(naming(key)) as url:
        us = Identity(did_of(url), key)
        guest = await house.offers(
            bucket_pair.source, bucket_pair.source_bucket, "k", counter_party_id=us.did
        )
        given = GivenAccess(
            secrets(
                authorization=house.tokens.access(guest.flow, -60),
                refresh_token=house.tokens.refresh(guest.flow),
                expires_in="300",
                refresh_endpoint=f"{guest.endpoint}/token",
            ).secrets,
            counter_party_id="did:web:us",
        )
        place = HttpAddress.make(endpoint=guest.endpoint, key="k").location()
        async with HttpExecutor(identity=us).open_source(place, given) as end:
            assert (await end.store.head("")).size_bytes == 3


def did_of(url: str) -> str:
    return "did:web:" + url.removeprefix("http://").replace(":", "%3A")


def naming(key: ec.EllipticCurvePrivateKey) -> web.Application:
    """Where our DID document is."""

    async def did(request: web.Request) -> web.Response:
        identity = Identity(did_of(f"http://{request.host}"), key)
        return web.json_response(document(identity))

    app = web.Application()
    app.router.add_get("/.well-known/did.json", did)
    return app
