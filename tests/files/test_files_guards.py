"""What is not taken, too large or without room, leaves nothing, and stops nobody."""

import asyncio
import errno
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.errors import DataPlaneError
from handlers.files.local import LocalStore
from tests.files.house import FileHouse, Ground, sha256, until

MIB = 1024 * 1024
EXPECTING = (
    "POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    "Expect: 100-continue\r\nConnection: close\r\n\r\n"
)


@pytest.fixture
async def small(ground: Ground, tmp_path: Path) -> AsyncIterator[FileHouse]:
    """Give a server that takes a MiB."""
    async with FileHouse.open(ground, tmp_path, files_max_bytes=MIB) as house:
        yield house


async def begun(house: FileHouse, length: int) -> tuple[bytes, asyncio.StreamWriter]:
    """The first line of the answer to a head whose body waits to be asked for."""
    port = house.settings.files_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(EXPECTING.format(length=length).encode())
    return await reader.readline(), writer


async def in_chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_what_is_too_large_is_refused_before_a_byte_is_sent(
    small: FileHouse,
) -> None:
    line, writer = await begun(small, MIB + 1)
    assert line.startswith(b"HTTP/1.1 413")
    writer.close()
    line, writer = await begun(small, MIB)
    assert line == b"HTTP/1.1 100 Continue\r\n"
    writer.close()
    assert await small.store(b"y" * MIB) == sha256(b"y" * MIB)


async def test_what_grows_too_large_on_its_way_is_broken_off(small: FileHouse) -> None:
    form = {"file": b"x" * 2 * MIB}
    for answer in (
        small.http.post("/files", content=in_chunks(3, MIB // 2)),
        small.http.post("/files", files=form),
    ):
        refused = await answer
        assert (refused.status_code, refused.json()["code"]) == (413, "file.too-large")
    await until(lambda: small.staged() == [])


async def test_without_room_nothing_is_taken_and_the_rest_goes_on(
    ground: Ground, tmp_path: Path
) -> None:
    async with FileHouse.open(ground, tmp_path) as house:
        file_id = await house.store(b"was there")
    async with FileHouse.open(ground, tmp_path, files_min_free_bytes=1 << 60) as house:
        full = await house.http.post("/files", content=b"more")
        assert (full.status_code, full.json()["code"]) == (507, "file.no-space")
        line, writer = await begun(house, 4)
        assert line.startswith(b"HTTP/1.1 507")
        writer.close()
        assert (await house.http.get(f"/files/{file_id}")).content == b"was there"
        assert (await house.http.get("/healthz")).status_code == 200
        ready = await house.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"]["store"]["ok"] is False
        assert house.staged() == []


def test_a_disk_that_is_full_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """In a process of its own, whose files may have two and a half MiB."""
    child = os.fork()
    if not child:
        os._exit(_fills(tmp_path))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == errno.ENOSPC
    assert list((tmp_path / "tmp").iterdir()) == []


def _fills(root: Path) -> int:
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 * MIB // 2, 5 * MIB // 2))

    async def fill() -> int:
        store = LocalStore(root)
        try:
            await store.take("u1", in_chunks(6, MIB))
        except DataPlaneError as error:
            store.close()
            return errno.ENOSPC if error.code == "file.no-space" else 1
        return 0

    return asyncio.run(fill())
