"""The typed client of the file store, where files grow, end in pipes, or meet."""

import asyncio
import hashlib
import io
import os
from pathlib import Path

import pytest
from aiohttp import web

from tests.files.upload_server import MIB, some_bytes
from tests.waybill.grumpy import grumpy
from tests.waybill.test_files_client import QUICK, a_file, client, server
from waybill.files_client import AsyncFilesClient, MismatchError

__all__ = ["client", "server"]


async def test_what_is_left_of_another_file_is_not_gone_on_with(
    client: AsyncFilesClient, tmp_path: Path
) -> None:
    bodies = [some_bytes(100_000, seed) for seed in (1, 2)]
    ids = [(await client.upload("a", io.BytesIO(each))).file_id for each in bodies]
    to = tmp_path / "down" / "report.csv"

    def stop(count: int) -> None:
        if count:
            raise OSError("pulled out")

    with pytest.raises(OSError, match="pulled out"):
        await client.download_to_path(ids[0], to, moved=stop)
    (left,) = to.parent.iterdir()
    await client.download_to_path(ids[1], to)
    assert to.read_bytes() == bodies[1]
    # Nor does it hurt the first: it is gone on with when it is asked for again.
    assert left.exists()
    await client.download_to_path(ids[0], to)
    assert to.read_bytes() == bodies[0]
    assert list(to.parent.iterdir()) == [to]


async def test_two_downloads_to_one_place_do_not_spoil_each_other(
    tmp_path: Path,
) -> None:
    body, half, go_on = some_bytes(1000), asyncio.Event(), asyncio.Event()

    async def slowly(request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response()
        answer = web.StreamResponse()
        answer.content_length = len(body)
        await answer.prepare(request)
        await answer.write(body[:500])
        half.set()
        await go_on.wait()
        await answer.write(body[500:])
        return answer

    file_id, to = hashlib.sha256(body).hexdigest(), tmp_path / "a"
    async with (
        grumpy(slowly) as server,
        AsyncFilesClient(server.url, patience=QUICK) as client,
    ):
        first = asyncio.create_task(client.download_to_path(file_id, to))
        await half.wait()
        with pytest.raises(OSError, match="another download of this file") as second:
            await client.download_to_path(file_id, to, resume=False)
        assert second.value.filename == str(to)
        go_on.set()
        assert (await first).read_bytes() == body
        assert len(server.of("GET")) == 1


async def test_into_a_pipe_a_broken_download_goes_on_without_a_byte_twice(
    tmp_path: Path,
) -> None:
    body = some_bytes(200_000)
    file_id, answers = hashlib.sha256(body).hexdigest(), 0

    async def breaking(request: web.Request) -> web.StreamResponse:
        nonlocal answers
        if request.method == "OPTIONS":
            return web.Response()
        # Rude twice: it breaks off, and knows no ranges.
        answers += 1
        answer = web.StreamResponse()
        answer.content_length = len(body)
        await answer.prepare(request)
        await answer.write(body[:150_000] if answers < 2 else body)
        if answers < 2 and request.transport:
            request.transport.close()
        return answer

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    async with (
        grumpy(breaking) as server,
        AsyncFilesClient(server.url, patience=QUICK) as client,
    ):
        for asked in (file_id, "0" * 64):
            came = asyncio.create_task(asyncio.to_thread(pipe.read_bytes))
            answers = 0
            if asked == file_id:
                await client.download_to_path(asked, pipe)
            else:
                # It has gone out: that it was wrong is all that can be told.
                with pytest.raises(MismatchError):
                    await client.download_to_path(asked, pipe)
            assert await came == body
            assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("size", [MIB // 2, 3 * MIB])
async def test_a_file_that_grows_is_stored_as_it_was(
    client: AsyncFilesClient, tmp_path: Path, size: int
) -> None:
    path, sha256 = a_file(tmp_path, size)

    def grow(_: int) -> None:
        with path.open("ab") as file:
            file.write(b"one more line\n")

    grow(0)
    body = path.read_bytes()
    stored = await client.upload("log", path, moved=grow)
    assert stored.file_id == hashlib.sha256(body).hexdigest() != sha256
    assert path.stat().st_size > stored.size_bytes == len(body)
