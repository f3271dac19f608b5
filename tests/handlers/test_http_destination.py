"""Objects sent to foreign web servers, and what their answers prove."""

import asyncio
import os

import pytest

from domain.errors import Side, StorageError
from handlers.mechanisms.pair import Pair
from handlers.ports import ObjectInfo
from tests.handlers.http_sides import from_s3, http_destination, http_source, shelf
from tests.handlers.lying import lying, reply
from tests.handlers.s3_sides import MIB, put
from tests.services import BucketPair

SIZES = (0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1)
PATIENCE_SECONDS = 10


@pytest.mark.parametrize("size", SIZES)
async def test_an_object_is_put_at_the_url(bucket_pair: BucketPair, size: int) -> None:
    body = os.urandom(size)
    await put(bucket_pair, "a/ü b.csv", body, ContentType="text/csv")
    async with shelf() as (server, url):
        async with from_s3(bucket_pair, f"{url}/in") as made:
            assert not made.takes_parts
            found = await made.source.head("a/ü b.csv")
            await made.relay_object(found, "in")
        assert server.objects == {"/in": body}
        said = server.requests[0].headers
        assert said["Content-Type"] == "text/csv"
        assert said["x-amz-meta-who"] == "us"
        assert said["Content-Length"] == str(size)


@pytest.mark.parametrize(
    ("confirms", "proven", "doubtful"),
    [
        ("crc", True, False),
        ("md5", True, False),
        ("size", False, False),
        ("", False, True),
    ],
)
async def test_a_verdict_is_what_the_receiver_confirms(
    bucket_pair: BucketPair,
    confirms: str,
    proven: bool,  # noqa: FBT001
    doubtful: bool,  # noqa: FBT001
) -> None:
    await put(bucket_pair, "k", b"abc")
    async with (
        shelf(confirms=confirms) as (_, url),
        from_s3(bucket_pair, f"{url}/in") as made,
    ):
        copied = await made.relay_object(await made.source.head("k"), "in")
    assert (copied.proven, bool(copied.doubt)) == (proven, doubtful)


async def test_a_receiver_that_holds_other_bytes_is_a_mismatch(
    bucket_pair: BucketPair,
) -> None:
    await put(bucket_pair, "k", b"abc")
    async with (
        shelf(confirms="wrong-crc") as (_, url),
        from_s3(bucket_pair, f"{url}/in") as made,
    ):
        found = await made.source.head("k")
        with pytest.raises(StorageError) as error:
            await made.relay_object(found, "in")
    assert error.value.code == "storage.mismatch"


async def test_objects_go_below_a_folder_or_into_a_message_box(
    bucket_pair: BucketPair,
) -> None:
    await put(bucket_pair, "a/ü b", b"abc")
    async with shelf() as (server, url):
        below = {"prefix": "", "below": True}
        async with from_s3(bucket_pair, f"{url}/folder/", **below) as made:
            await made.relay_object(await made.source.head("a/ü b"), "a/ü b")
        box = {"prefix": "", "method": "POST"}
        async with from_s3(bucket_pair, f"{url}/box", **box) as made:
            await made.relay_object(await made.source.head("a/ü b"), "a/ü b")
    sent = [(each.method, each.path) for each in server.requests]
    assert ("PUT", "/folder/a/ü b") in sent
    assert ("POST", "/box") in sent
    posted = next(each for each in server.requests if each.method == "POST")
    name = "attachment; filename*=UTF-8''%C3%BC%20b"
    assert posted.headers["Content-Disposition"] == name


async def test_one_web_server_to_another() -> None:
    body = os.urandom(6 * MIB)
    async with (
        shelf(objects={"/f": body}, ranges=False) as (_, here),
        shelf(confirms="crc") as (server, there),
        http_source(f"{here}/f") as reads,
        http_destination(f"{there}/in") as writes,
    ):
        made = Pair(reads, writes)
        assert not made.same_endpoint
        assert (await made.relay_object(await made.source.head(""), "in")).proven
        assert server.objects == {"/in": body}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("400 No", "storage.refused"),
        ("403 No", "storage.denied"),
        ("409 No", "storage.refused"),
        ("412 No", "storage.refused"),
        ("503 Busy", "storage.throttled"),
        ("507 Full", "storage.exhausted"),
    ],
)
async def test_an_early_refusal_is_read(
    bucket_pair: BucketPair, status: str, code: str
) -> None:
    async def refuse(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        problem = b'{"code": "x.y", "detail": "' + b"planted" * 9 + b'"}'
        writer.write(reply(status, problem))

    await put(bucket_pair, "k", b"x" * 6 * MIB)
    async with (
        lying(refuse) as liar,
        from_s3(bucket_pair, f"{liar.url}/in") as made,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        found = await made.source.head("k")
        with pytest.raises(StorageError) as error:
            await made.relay_object(found, "in")
    assert (error.value.code, error.value.side) == (code, Side.DESTINATION)
    assert "plantedplanted" not in error.value.detail


async def test_a_source_that_fails_is_the_one_that_is_blamed() -> None:
    async def half(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        told = 'HTTP/1.1 200 OK\r\nContent-Length: 3145728\r\nETag: "e"\r\n\r\n'
        writer.write(told.encode() + b"x" * MIB)
        await writer.drain()
        writer.close()

    async with (
        lying(half) as liar,
        shelf() as (server, url),
        http_source(f"{liar.url}/f") as reads,
        http_destination(f"{url}/in") as writes,
    ):
        with pytest.raises(StorageError) as error:
            await Pair(reads, writes).relay_object(ObjectInfo("f", 3 * MIB, "e"), "in")
        assert (error.value.code, error.value.side) == (
            "storage.unavailable",
            Side.SOURCE,
        )
        assert server.objects == {}


async def test_what_stands_at_a_foreign_url_is_not_taken_for_ours() -> None:
    async with (
        shelf(objects={"/in": b"abc"}) as (_, url),
        http_destination(f"{url}/in") as end,
    ):
        with pytest.raises(StorageError) as error:
            await end.store.head("in")
        assert error.value.code == "storage.not-found"
        assert list(await end.store.list_uploads("in")) == []
        await end.store.abort_upload("in", "u")
