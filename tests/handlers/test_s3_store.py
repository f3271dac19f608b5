"""Both stores of an S3 copier, against real servers."""

from dataclasses import replace

import pytest

from domain.errors import Side, StorageError
from handlers.mechanisms.s3 import uploads
from handlers.ports import Copier, Pin, Range
from tests.handlers.s3_sides import (
    KEYS,
    MIB,
    beside_itself,
    copier,
    put,
)
from tests.services import BucketPair


async def listed(made: Copier, limit: int) -> list[str]:
    keys: list[str] = []
    cursor: str | None = None
    while True:
        page = await made.source.list_page(cursor, limit)
        keys += [each.key for each in page.objects]
        cursor = page.cursor
        if cursor is None:
            return keys


async def test_a_listing_tells_every_key_once_in_order(bucket_pair: BucketPair) -> None:
    for key in KEYS:
        await put(bucket_pair, key, b"x")
    async with copier(bucket_pair) as made:
        for limit in (1, 3, 5000):
            assert await listed(made, limit) == sorted(KEYS, key=str.encode)


async def test_a_listing_stays_below_its_prefix(bucket_pair: BucketPair) -> None:
    for key in ("in/a", "in/b c", "in", "out/a"):
        await put(bucket_pair, key, b"x")
    async with copier(bucket_pair, prefix="in/") as made:
        assert await listed(made, 1) == ["in/a", "in/b c"]


async def test_one_object_is_listed_alone(bucket_pair: BucketPair) -> None:
    await put(bucket_pair, "one", b"abc")
    await put(bucket_pair, "one-more", b"abc")
    async with copier(bucket_pair, key="one") as made:
        page = await made.source.list_page(None, 10)
        assert [(each.key, each.size_bytes) for each in page.objects] == [("one", 3)]
        assert page.cursor is None


async def test_a_head_tells_what_travels(bucket_pair: BucketPair) -> None:
    key = KEYS[0]
    await put(bucket_pair, key, b"abc", ContentType="text/x", CacheControl="no-cache")
    async with copier(bucket_pair) as made:
        found = await made.source.head(key)
    assert (found.key, found.size_bytes) == (key, 3)
    assert found.etag == "900150983cd24fb0d6963f7d28e17f72"
    assert found.headers["content-type"] == "text/x"
    assert found.headers["cache-control"] == "no-cache"
    assert found.headers["x-amz-meta-who"] == "us"


async def test_an_upload_lives_from_create_to_complete(bucket_pair: BucketPair) -> None:
    key = KEYS[0]
    await put(bucket_pair, key, b"ab" * 3 * MIB, ContentType="text/x")
    async with copier(bucket_pair) as made:
        like = await made.source.head(key)
        stamped = {**like.headers, "x-amz-meta-attempt": "a-1"}
        into = made.destination
        upload = await into.create_upload(key, replace(like, headers=stamped))
        await into.create_upload(key + "x", like)
        assert await into.list_uploads(key) == [upload]
        assert await into.list_parts(key, upload) == []
        for number, (start, length) in enumerate([(0, 5 * MIB), (5 * MIB, MIB)], 1):
            span = Range(start, length)
            await made.relay_part(key, Pin(like.etag), span, key, upload, number)
        parts = await into.list_parts(key, upload)
        assert [(p.part_number, p.size_bytes) for p in parts] == [
            (1, 5 * MIB),
            (2, MIB),
        ]
        done = await into.complete_upload(
            key, upload, {each.part_number: each.etag for each in reversed(parts)}
        )
        assert done.size_bytes == 6 * MIB
        assert done.headers["x-amz-meta-attempt"] == "a-1"
        assert done.headers["content-type"] == "text/x"
        assert await into.list_uploads(key) == []
        assert (await into.head(key)).etag == done.etag


async def test_parts_are_listed_over_all_pages(
    bucket_pair: BucketPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PARTS_PER_PAGE", 2)
    await put(bucket_pair, "k", b"x")
    async with copier(bucket_pair) as made:
        like = await made.source.head("k")
        upload = await made.destination.create_upload("k", like)
        for number in range(1, 6):
            pin, span = Pin(like.etag), Range(0, 1)
            await made.relay_part("k", pin, span, "k", upload, number)
        parts = await made.destination.list_parts("k", upload)
        assert [each.part_number for each in parts] == [1, 2, 3, 4, 5]


async def test_an_aborted_upload_is_gone_and_may_be_aborted_again(
    bucket_pair: BucketPair,
) -> None:
    await put(bucket_pair, "k", b"x")
    async with copier(bucket_pair) as made:
        like = await made.source.head("k")
        upload = await made.destination.create_upload("k", like)
        await made.relay_part("k", Pin(like.etag), Range(0, 1), "k", upload, 1)
        await made.destination.abort_upload("k", upload)
        await made.destination.abort_upload("k", upload)
        for lost in (
            made.destination.list_parts("k", upload),
            made.destination.complete_upload("k", upload, {1: like.etag}),
            made.relay_part("k", Pin(like.etag), Range(0, 1), "k", upload, 1),
        ):
            with pytest.raises(StorageError) as error:
                await lost
            assert error.value.code == "storage.upload-lost"
            assert error.value.side is Side.DESTINATION


async def test_what_is_not_there_is_not_found(bucket_pair: BucketPair) -> None:
    async with copier(bucket_pair) as made:
        for side, store in (
            (Side.SOURCE, made.source),
            (Side.DESTINATION, made.destination),
        ):
            with pytest.raises(StorageError) as error:
                await store.head("nothing")
            assert (error.value.code, error.value.side) == ("storage.not-found", side)


async def test_one_endpoint_copies_by_itself(bucket_pair: BucketPair) -> None:
    pair, key = beside_itself(bucket_pair), KEYS[0]
    await put(pair, key, b"ab" * 3 * MIB, ContentType="text/x")
    async with copier(pair) as made, copier(bucket_pair) as other:
        assert made.same_endpoint
        assert not other.same_endpoint
        like = await made.source.head(key)
        whole = await made.copy_object(like, "whole %41")
        assert whole.etag == like.etag
        assert whole.proven
        copied = await made.destination.head("whole %41")
        assert copied.headers["x-amz-meta-who"] == "us"
        upload = await made.destination.create_upload("parts", like)
        parts: dict[int, str] = {}
        for number, (start, length) in enumerate([(0, 5 * MIB), (5 * MIB, MIB)], 1):
            span, pin = Range(start, length), Pin(like.etag)
            part = await made.copy_part(key, pin, span, "parts", upload, number)
            parts[number] = part.etag
        done = await made.destination.complete_upload("parts", upload, parts)
        assert done.size_bytes == 6 * MIB


async def test_a_changed_source_is_not_copied(bucket_pair: BucketPair) -> None:
    pair = beside_itself(bucket_pair)
    await put(pair, "k", b"old")
    async with copier(pair) as made:
        old = await made.source.head("k")
        await put(pair, "k", b"new")
        upload = await made.destination.create_upload("to", old)
        span = Range(0, 3)
        for refused in (
            made.copy_object(old, "to"),
            made.copy_part("k", Pin(old.etag), span, "to", upload, 1),
        ):
            with pytest.raises(StorageError) as error:
                await refused
            assert error.value.code == "storage.source-changed"
            assert error.value.side is Side.SOURCE


async def test_an_object_is_removed_and_no_other_one_that_took_its_place(
    bucket_pair: BucketPair,
) -> None:
    await put(bucket_pair, "k", b"wrong")
    async with copier(beside_itself(bucket_pair)) as made:
        wrong = await made.destination.head("k")
        await put(bucket_pair, "k", b"somebody's")
        await made.destination.remove(wrong)
        right = await made.destination.head("k")
        assert right.size_bytes == len(b"somebody's")
        await made.destination.remove(right)
        with pytest.raises(StorageError) as error:
            await made.destination.head("k")
        assert error.value.code == "storage.not-found"
        # Again, with nothing there: nothing happens.
        await made.destination.remove(right)
