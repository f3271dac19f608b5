"""The typed client of the file store: what it proves, goes on with, and refuses."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from eventlog import migrate
from tests.files.upload_server import MIB, Server, serving, some_bytes
from tests.waybill.grumpy import grumpy
from waybill.files_client import (
    AsyncFilesClient,
    AuthorizationError,
    BusyError,
    Chunking,
    FilesClient,
    FilesClientError,
    ForbiddenError,
    InsufficientStorageClientError,
    MismatchError,
    NotFoundError,
    Patience,
    TooLargeError,
    UnreachableError,
)
from waybill.files_client.errors import refusal
from waybill.files_client.trust import require_trust
from waybill.files_client.wire import retry_after

QUICK = Patience(attempts=3, first_delay_seconds=0.01, busy_seconds=3)
SMALL = Chunking(workers=3, threshold_bytes=MIB)


@pytest.fixture
async def server(database: str, tmp_path: Path) -> AsyncIterator[Server]:
    """Give a real one, in this process."""
    migrate(database)
    async with serving(
        database, tmp_path / "store", files_min_free_bytes=0, chunk_bytes=MIB
    ) as server:
        yield server


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncFilesClient]:
    """Give a client of it that cuts early."""
    made = AsyncFilesClient(server.url, "k-ann", patience=QUICK, chunking=SMALL)
    async with made as client:
        yield client


def a_file(tmp_path: Path, size: int) -> tuple[Path, str]:
    body = some_bytes(size)
    path = tmp_path / "räum.bin"
    path.write_bytes(body)
    return path, hashlib.sha256(body).hexdigest()


async def test_a_file_goes_there_and_back(
    client: AsyncFilesClient, tmp_path: Path
) -> None:
    path, sha256 = a_file(tmp_path, 1000)
    stored = await client.upload("räum.bin", path)
    assert (stored.file_id, stored.size_bytes) == (sha256, 1000)
    assert not stored.deduplicated
    again = await client.upload("other", io.BytesIO(path.read_bytes()), "text/plain")
    assert (again.file_id, again.deduplicated) == (sha256, True)
    head = await client.head(sha256)
    assert (head.size_bytes, head.etag) == (1000, sha256)
    assert (await client.info(sha256)).filename == "räum.bin"
    copy = await client.download_to_path(sha256, tmp_path / "down" / "copy")
    assert copy.read_bytes() == path.read_bytes()
    assert [each.name for each in copy.parent.iterdir()] == ["copy"]
    assert await client.delete(sha256)
    with pytest.raises(NotFoundError, match=r"file\.unknown"):
        await client.info(sha256)


async def test_a_large_file_goes_in_chunks_and_on_where_it_stopped(
    client: AsyncFilesClient, server: Server, tmp_path: Path
) -> None:
    path, sha256 = a_file(tmp_path, 6 * MIB + 5)
    note, heard = tmp_path / "notes" / "one.json", 0

    def stop(count: int) -> None:
        nonlocal heard
        heard += count
        if heard > 3 * MIB:
            raise OSError("the disk is gone")

    with (
        FilesClient(
            server.url, "k-ann", patience=QUICK, chunking=Chunking(1, MIB)
        ) as blocking,
        pytest.raises(OSError, match="the disk is gone"),
    ):
        await asyncio.to_thread(blocking.upload, "big", path, resume=note, moved=stop)
    upload_id = httpx.Response(200, content=note.read_bytes()).json()["uploadId"]
    before = len(await server.chunks(upload_id))
    assert 0 < before < 7
    stored = await client.upload("big", path, resume=note)
    assert stored.file_id == sha256
    assert not note.exists()
    # Each chunk was recorded once.
    assert len(await server.chunks(upload_id)) == 7
    assert server.staged == []


async def test_a_stream_without_an_end_is_sent_once(
    client: AsyncFilesClient,
) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    stored = await client.upload("pipe", Pipe(b"abc" * MIB))
    assert stored.size_bytes == 3 * MIB


async def test_who_may_not_is_told_so(server: Server, tmp_path: Path) -> None:
    path, sha256 = a_file(tmp_path, 10)
    async with AsyncFilesClient(server.url, patience=QUICK) as nobody:
        with pytest.raises(AuthorizationError, match=r"access\.key-missing"):
            await nobody.upload("a", path)
    async with AsyncFilesClient(server.url, "planted", patience=QUICK) as stranger:
        with pytest.raises(ForbiddenError) as refused:
            await stranger.head(sha256)
        assert "planted" not in repr((refused.value, stranger.__dict__))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthorizationError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (413, TooLargeError),
        (429, BusyError),
        (503, BusyError),
        (507, InsufficientStorageClientError),
        (500, FilesClientError),
    ],
)
def test_each_refusal_has_a_class_of_its_own(
    status: int, kind: type[FilesClientError]
) -> None:
    told = refusal(httpx.Response(status, json={"code": "some.code", "detail": "why"}))
    assert type(told) is kind
    assert (told.code, told.status) == ("some.code", status)
    assert type(refusal(httpx.Response(status, content=b"<html>"))) is kind


async def test_who_is_busy_is_obeyed_and_then_given_up() -> None:
    times: list[float] = []

    async def busy(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response()
        times.append(asyncio.get_running_loop().time())
        if request.path == "/files/b" or len(times) == 1:
            headers = {"Retry-After": "1" if request.path == "/files/a" else "9"}
            return web.json_response({}, status=429, headers=headers)
        return web.Response(headers={"ETag": '"a"'})

    async with (
        grumpy(busy) as server,
        AsyncFilesClient(server.url, patience=QUICK) as client,
    ):
        assert (await client.head("a")).etag == "a"
        assert times[1] - times[0] >= 1
        with pytest.raises(BusyError) as given_up:
            await client.head("b")
        assert given_up.value.retry_after == 9
        assert client.busy == 2


async def test_a_download_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    body = some_bytes(300_000)
    file_id = hashlib.sha256(body).hexdigest()

    async def breaking(request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response()
        begin = int(request.headers.get("Range", "bytes=0-")[6:-1])
        answer = web.StreamResponse(status=206 if begin else 200)
        answer.content_length = len(body) - begin
        await answer.prepare(request)
        await answer.write(body[begin : begin + 130_000])
        if begin + 130_000 < len(body) and request.transport:
            request.transport.close()
        return answer

    async with (
        grumpy(breaking) as server,
        AsyncFilesClient(server.url, patience=QUICK) as client,
    ):
        path = await client.download_to_path(file_id, tmp_path / "a")
        assert path.read_bytes() == body
        conditions = {each.get("If-Range") for each in server.of("GET")[1:]}
        assert conditions == {f'"{file_id}"'}
        # Another file's bytes are worth nothing, and do not stay.
        with pytest.raises(MismatchError):
            await client.download_to_path("0" * 64, tmp_path / "b")
        assert [each.name for each in tmp_path.iterdir()] == ["a"]


async def test_a_gateway_that_is_not_up_yet_is_no_file_server() -> None:
    asked = 0

    async def starting(request: web.Request) -> web.Response:
        nonlocal asked
        if request.path.startswith("/there"):
            return web.Response(headers={"ETag": '"a"'})
        asked += request.method == "OPTIONS"
        if asked > 2:
            location = f"{gateway.url}/there/files"
            return web.Response(status=308, headers={"Location": location})
        return web.Response(status=503 if asked == 1 else 502)

    async with (
        grumpy(starting) as gateway,
        AsyncFilesClient(gateway.url, patience=QUICK) as client,
    ):
        assert (await client.head("a")).etag == "a"
        assert (await client.head("a")).etag == "a"
        assert asked == 3


async def test_a_server_that_stores_something_else_is_found_out() -> None:
    async def wrong(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"fileId": "0" * 64, "sizeBytes": 3}, status=201)

    async with grumpy(wrong) as server, AsyncFilesClient(server.url) as client:
        with pytest.raises(MismatchError, match="and what was sent is"):
            await client.upload("a", io.BytesIO(b"abc"))


async def test_the_key_goes_only_where_it_was_meant_to_go() -> None:
    async def answers(request: web.Request) -> web.Response:
        if request.method == "OPTIONS" and not request.path.startswith("/there"):
            return web.Response(status=308, headers={"Location": onward})
        return web.Response(headers={"ETag": '"a"'})

    async with grumpy(answers) as server:
        onward = "http://files.example/files"
        async with AsyncFilesClient(server.url, "planted") as client:
            with pytest.raises(FilesClientError, match="not sent to another host"):
                await client.head("a")
        assert "planted" not in repr(server.asked)
        # By another of its names, it is this machine still.
        onward = f"{server.elsewhere}/there/files"
        async with AsyncFilesClient(server.url, "planted") as client:
            assert (await client.head("a")).etag == "a"
        (sent,) = server.of("HEAD")
        assert sent["X-API-Key"] == "planted"
        assert server.asked[-1][1] == "/there/files/a"


@pytest.mark.parametrize(
    ("base", "onward", "files_url", "goes"),
    [
        ("http://a.example:8080", "http://a.example:8082", None, True),
        ("http://a.example", "http://b.example", None, False),
        ("http://a.example", "http://b.example", "http://b.example/", True),
        ("http://a.example", "http://b.example", "http://b.example:1", False),
        ("https://a.example", "http://a.example", None, False),
        ("http://a.example", "https://a.example", None, True),
        ("http://localhost:8080", "http://127.0.0.1:8082", None, True),
        ("http://localhost:8080", "http://127.0.0.1.example", None, False),
    ],
)
def test_which_redirects_may_have_the_key(
    base: str, onward: str, files_url: str | None, *, goes: bool
) -> None:
    try:
        require_trust(base, files_url, onward)
    except FilesClientError:
        assert not goes
    else:
        assert goes


async def test_where_nobody_listens_the_client_says_so() -> None:
    async with AsyncFilesClient("http://127.0.0.1:9", patience=QUICK) as client:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9"):
            await client.info("a")


def test_a_date_may_say_when_to_come_again() -> None:
    assert retry_after("3") == 3
    assert retry_after("Fri, 31 Dec 1999 23:59:59 GMT") == 0
    assert retry_after("Fri, 31 Dec 2128 23:59:59 GMT") > 10**9
    assert retry_after("soon") == 0
