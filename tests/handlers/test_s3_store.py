"""Both stores of an S3 copier, against real servers and against lying ones."""

import asyncio
import logging
from dataclasses import replace

import pytest
from pydantic import SecretStr

from domain.errors import Side, StorageError
from domain.mechanisms.s3 import S3Address
from handlers.mechanisms.s3 import S3Executor, S3Settings
from handlers.ports import Copier, ObjectInfo, Pin, Range
from tests.handlers.lying import lying, reply
from tests.handlers.s3_sides import (
    KEYS,
    MIB,
    beside_itself,
    copier,
    destination_at,
    put,
    source_at,
)
from tests.services import BucketPair

BARE = ObjectInfo("", 0, "")


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


@pytest.mark.parametrize("key", KEYS)
async def test_a_head_tells_what_travels(bucket_pair: BucketPair, key: str) -> None:
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


async def test_parts_are_listed_over_all_pages(bucket_pair: BucketPair) -> None:
    await put(bucket_pair, "k", b"x")
    async with copier(bucket_pair) as made:
        like = await made.source.head("k")
        upload = await made.destination.create_upload("k", like)

        async def one(number: int) -> None:
            pin, span = Pin(like.etag), Range(0, 1)
            await made.relay_part("k", pin, span, "k", upload, number)

        for first in range(1, 1003, 34):
            last = min(first + 34, 1003)
            await asyncio.gather(*(one(number) for number in range(first, last)))
        parts = await made.destination.list_parts("k", upload)
        assert [each.part_number for each in parts] == list(range(1, 1003))
        await made.destination.abort_upload("k", upload)


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


async def test_wrong_credentials_are_denied_and_not_told(
    bucket_pair: BucketPair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = replace(bucket_pair.source, secret_key="planted-secret-of-the-test")
    async with copier(replace(bucket_pair, source=wrong)) as made:
        for refused in (
            made.source.list_page(None, 1),
            made.source.head("k"),
            made.relay_object(ObjectInfo("k", 1, "e"), "k"),
        ):
            with pytest.raises(StorageError) as error:
                await refused
            assert (error.value.code, error.value.side) == (
                "storage.denied",
                Side.SOURCE,
            )
            assert error.value.__cause__ is None
            assert "planted" not in str(error.value)
    assert "planted" not in caplog.text
    assert "Signature=" not in caplog.text


async def test_no_credentials_at_all_are_denied_without_a_request(
    bucket_pair: BucketPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    where = S3Address(bucket="lake", prefix="").location()
    with pytest.raises(StorageError, match="no credentials given") as error:
        async with S3Executor().open(where, {}, where, {}):
            pass
    assert error.value.code == "storage.denied"


@pytest.mark.parametrize("past", ["2020-01-01T00:00:00Z", "1577836800000"])
async def test_expired_credentials_are_told_before_a_request(past: str) -> None:
    secret = {
        "access_key_id": SecretStr("a"),
        "secret_access_key": SecretStr("b"),
        "expiration": SecretStr(past),
    }
    where = S3Address(bucket="lake", prefix="").location()
    with pytest.raises(StorageError) as error:
        async with S3Executor().open(where, secret, where, secret):
            pass
    assert error.value.code == "storage.credentials-expired"


async def test_aws_is_addressed_by_its_own_names() -> None:
    """No request is made: only where it would go."""
    secret = {"access_key_id": SecretStr("a"), "secret_access_key": SecretStr("b")}
    source = S3Address(bucket="lake", prefix="", region="eu-central-1")
    made = S3Executor()._connections
    async with made.open(Side.SOURCE, source, secret) as auto:
        assert auto.bucket_url == "https://lake.s3.eu-central-1.amazonaws.com"
    styled = source.model_copy(update={"force_path_style": True})
    async with made.open(Side.SOURCE, styled, secret) as path:
        assert path.bucket_url == "https://s3.eu-central-1.amazonaws.com/lake"


def xml(code: str, message: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        ("307 Temporary Redirect", b"", "storage.refused"),
        ("503 Slow Down", xml("SlowDown"), "storage.throttled"),
        ("429 Too Many", b"", "storage.throttled"),
        ("403 Forbidden", xml("ExpiredToken"), "storage.credentials-expired"),
        ("403 Forbidden", xml("AccessDenied"), "storage.denied"),
        ("400 Bad Request", xml("ExpiredToken"), "storage.credentials-expired"),
        ("500 Broken", b"not xml", "storage.unavailable"),
        ("507 Full", b"", "storage.exhausted"),
        ("400 Bad Request", xml("Odd", "x" * 40), "storage.refused"),
    ],
)
async def test_an_answer_has_a_code_on_both_paths(
    bucket_pair: BucketPair, status: str, body: bytes, code: str
) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        location = "http://127.0.0.1:1/elsewhere"
        writer.write(reply(status, body, Location=location, Connection="close"))
        writer.close()

    once = S3Executor(S3Settings(control_attempts=1))
    async with lying(answer) as liar:
        lied = source_at(destination_at(bucket_pair, liar.url), liar.url)
        async with copier(lied, once) as made:
            for call in (
                made.source.list_page(None, 1),
                made.destination.list_parts("k", "u"),
                made.relay_object(ObjectInfo("k", 1, "e"), "k"),
                made.digest("k", Pin("e"), Range(0, 1)),
            ):
                with pytest.raises(StorageError) as error:
                    await call
                assert error.value.code == code
                assert "xxxx" not in error.value.detail


async def test_an_error_inside_a_200_is_an_error(bucket_pair: BucketPair) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        body = b'<?xml version="1.0"?>\n' + xml("InternalError", "try again")
        writer.write(reply("200 OK", body, Connection="close"))
        writer.close()

    once = S3Executor(S3Settings(control_attempts=1))
    async with lying(answer) as liar:
        async with copier(destination_at(bucket_pair, liar.url), once) as made:
            with pytest.raises(StorageError) as error:
                await made.destination.complete_upload("k", "u", {1: "e"})
        assert error.value.code == "storage.unavailable"


async def test_an_upload_is_made_without_a_checksum_where_that_is_refused(
    bucket_pair: BucketPair,
) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        made = b"<R><Bucket>b</Bucket><Key>k</Key><UploadId>u-1</UploadId></R>"
        if "x-amz-checksum-algorithm" in head.lower():
            writer.write(reply("400 No", xml("InvalidArgument"), Connection="close"))
        else:
            writer.write(reply("200 OK", made, Connection="close"))
        writer.close()

    async with lying(answer) as liar:
        async with copier(destination_at(bucket_pair, liar.url)) as made:
            assert await made.destination.create_upload("k", BARE) == "u-1"
            assert await made.destination.create_upload("k", BARE) == "u-1"
        assert len(liar.heads) == 3
