"""Objects of foreign web servers: described, pinned, and brought into S3."""

import asyncio
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from domain.errors import Side, StorageError
from handlers.ports import ObjectInfo, Pin, Range
from tests.handlers.http_sides import (
    NEW,
    OLD,
    http_source,
    into_s3,
    secrets,
    serving,
    shelf,
)
from tests.handlers.lying import lying, partial, reply
from tests.handlers.s3_sides import MIB, got
from tests.services import BucketPair

SIZES = (0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1)
DATA = bytes(range(256)) * 4096 * 6  # 6 MiB
PATIENCE_SECONDS = 10


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_of_a_plain_web_server_arrives_whole(
    bucket_pair: BucketPair, tmp_path: Path, size: int
) -> None:
    body = os.urandom(size)
    (tmp_path / "a b.bin").write_bytes(body)
    app = web.Application()
    app.router.add_static("/files", tmp_path)
    async with serving(app) as url:
        async with into_s3(bucket_pair, f"{url}/files/a%20b.bin") as made:
            (found,) = (await made.source.list_page(None, 10)).objects
            assert (found.size_bytes, found.ranges) == (size, True)
            copied = await made.relay_object(found, "there")
        assert copied.proven
    assert await got(bucket_pair, "there") == body


async def test_parts_of_a_foreign_object_are_relayed(bucket_pair: BucketPair) -> None:
    async with (
        shelf(objects={"/f": DATA}) as (_, url),
        into_s3(bucket_pair, f"{url}/f") as made,
    ):
        found = await made.source.head("f")
        upload = await made.destination.create_upload("k", found)
        etags: dict[int, str] = {}
        for number, (start, length) in enumerate([(0, 5 * MIB), (5 * MIB, MIB)], 1):
            pin, span = Pin(found.etag), Range(start, length)
            part = await made.relay_part("f", pin, span, "k", upload, number)
            etags[number] = part.etag
            assert part.proven
        await made.destination.complete_upload("k", upload, etags)
        md5, _crc = await made.digest("f", Pin(found.etag), Range(1, 2))
    assert await got(bucket_pair, "k") == DATA
    assert md5 == hashlib.md5(DATA[1:3], usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("traits", "wanted"),
    [
        ({}, ObjectInfo("object", 3, "v1")),
        ({"etag": 'W/"v1"'}, ObjectInfo("object", 3, "")),
        ({"etag": "", "modified": OLD}, ObjectInfo("object", 3, "", version_id=OLD)),
        ({"modified": OLD}, ObjectInfo("object", 3, "v1")),
        ({"ranges": False}, ObjectInfo("object", 3, "v1", ranges=False)),
        ({"heads": False}, ObjectInfo("object", 3, "v1")),
        (
            {"heads": False, "ranges": False},
            ObjectInfo("object", 3, "v1", ranges=False),
        ),
        (
            {"headers": {"Content-Disposition": 'attachment; filename="../x/r.csv"'}},
            ObjectInfo("r.csv", 3, "v1"),
        ),
    ],
)
async def test_an_object_is_what_its_server_tells(
    traits: dict[str, object], wanted: ObjectInfo
) -> None:
    async with (
        shelf(objects={"/f": b"abc"}, **traits) as (_, url),
        http_source(f"{url}/f") as end,
    ):
        page = await end.store.list_page(None, 10)
        after = await end.store.list_page(page.objects[0].key, 10)
    (found,) = page.objects
    assert replace(found, headers={}) == wanted
    assert after.objects == ()


async def test_an_empty_object_is_found_without_head() -> None:
    async with (
        shelf(objects={"/f": b""}, heads=False) as (_, url),
        http_source(f"{url}/f") as end,
    ):
        assert (await end.store.head("f")).size_bytes == 0


@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"etag": '"v1"'}, {"etag": '"v2"'}),
        ({"etag": "", "modified": OLD}, {"etag": "", "modified": NEW}),
        ({"etag": 'W/"1"', "modified": OLD}, {"etag": 'W/"1"', "modified": NEW}),
    ],
)
async def test_a_changed_source_is_noticed(
    bucket_pair: BucketPair,
    before: dict[str, str],
    after: dict[str, str],
    heeds: bool,  # noqa: FBT001
) -> None:
    async with (
        shelf(objects={"/f": b"old"}, **before) as (server, url),
        into_s3(bucket_pair, f"{url}/f") as made,
    ):
        found = await made.source.head("f")
        for name, value in after.items():
            setattr(server, name, value)
        server.objects["/f"] = b"new"
        server.heeds_conditions = heeds
        pin = Pin(found.etag, found.version_id)
        upload = await made.destination.create_upload("k", found)
        for refused in (
            made.relay_object(found, "k"),
            made.relay_part("f", pin, Range(0, 3), "k", upload, 1),
        ):
            with pytest.raises(StorageError) as error:
                await refused
            assert error.value.code == "storage.source-changed"
            assert error.value.side is Side.SOURCE
        assert await made.destination.list_parts("k", upload) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (partial(3 * MIB, b"x" * MIB, "e"), "storage.unavailable"),
        (partial(3 * MIB, b"x" * MIB, "other"), "storage.source-changed"),
        (partial(2 * MIB, b"x" * MIB, "e"), "storage.refused"),
        (reply("200 OK", b"x" * 3 * MIB, ETag='"e"'), "storage.refused"),
        (reply("404 Gone"), "storage.not-found"),
        (reply("410 Gone"), "storage.not-found"),
        (reply("409 Conflict"), "storage.refused"),
        (reply("401 Who"), "storage.denied"),
        (reply("403 No"), "storage.denied"),
        (reply("416 No"), "storage.source-changed"),
        (reply("429 Slow", Retry_After="0"), "storage.throttled"),
        (reply("500 Oh"), "storage.unavailable"),
        (reply("302 Found", Location="http://127.0.0.2:1/"), "storage.refused"),
        (b"nonsense\r\n\r\n", "storage.unavailable"),
    ],
    ids=range(14),
)
async def test_what_is_not_the_bytes_that_were_asked_for_leaves_no_part(
    bucket_pair: BucketPair, answer: bytes, code: str
) -> None:
    async def lie(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with lying(lie) as liar, into_s3(bucket_pair, f"{liar.url}/f") as made:
        upload = await made.destination.create_upload("k", ObjectInfo("k", 0, "e"))
        with pytest.raises(StorageError) as error:
            await made.relay_part("f", Pin("e"), Range(0, 3 * MIB), "k", upload, 1)
        assert (error.value.code, error.value.side) == (code, Side.SOURCE)
        assert error.value.__cause__ is None
        assert await made.destination.list_parts("k", upload) == []


async def test_a_redirect_is_followed_at_home_and_nowhere_else() -> None:
    app = web.Application()

    async def here(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": request.query["to"]})

    async def there(request: web.Request) -> web.Response:
        _ = request
        return web.Response(body=b"abc")

    app.router.add_get("/here", here)
    app.router.add_get("/there", there)
    async with serving(app) as url, shelf(objects={"/f": b"abc"}) as (other, away):
        given = secrets(query="to=/there", authorization="planted")
        async with http_source(f"{url}/here", given) as end:
            assert (await end.store.head("")).size_bytes == 3
        given = secrets(query=f"to={away}/f", authorization="planted")
        async with http_source(f"{url}/here", given) as end:
            with pytest.raises(StorageError) as error:
                await end.store.head("")
        assert error.value.code == "storage.refused"
        assert "planted" not in error.value.detail
        assert other.requests == []


async def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        first = len(liar.heads) == 1
        writer.write(
            reply("503 Busy", Retry_After="1", Connection="close")
            if first
            else b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
        )
        writer.close()

    async with lying(answer) as liar, http_source(f"{liar.url}/f") as end:
        with pytest.raises(StorageError) as error:
            await end.store.head("")
        assert error.value.retryable
        began = asyncio.get_running_loop().time()
        assert (await end.store.head("")).size_bytes == 3
        assert asyncio.get_running_loop().time() - began > 0.9


async def test_a_server_that_tells_no_length_is_refused() -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        body = b"" if head.startswith("HEAD") else b"3\r\nabc\r\n0\r\n\r\n"
        told = "Transfer-Encoding: chunked\r\nConnection: close"
        writer.write(f"HTTP/1.1 200 OK\r\n{told}\r\n\r\n".encode() + body)
        writer.close()

    async with lying(answer) as liar, http_source(f"{liar.url}/f") as end:
        with pytest.raises(StorageError, match="how long") as error:
            await end.store.head("")
        assert error.value.code == "storage.refused"
