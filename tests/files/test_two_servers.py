"""Two file servers on one store: what the one has recorded, the other leaves alone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.files.tus_client import CHECKPOINT, DATA, TUS, begun, created, patched
from tests.files.upload_server import (
    ANN,
    Server,
    serving,
    sha256,
    some_bytes,
    until,
)

CHUNK = 64 * 1024
RIGHT, WRONG = some_bytes(CHUNK, seed=4), some_bytes(CHUNK, seed=5)


@pytest.fixture(scope="module")
async def pair(
    migrated: str, tmp_path_factory: Any
) -> AsyncIterator[tuple[Server, Server]]:
    home: Path = tmp_path_factory.mktemp("pair")
    at = CHECKPOINT
    async with (
        serving(migrated, home, checkpoint_bytes=at) as one,
        serving(migrated, home, checkpoint_bytes=at) as other,
    ):
        yield one, other


async def test_a_chunk_that_the_other_has_recorded_is_not_written_again(
    pair: tuple[Server, Server],
) -> None:
    one, other = pair
    upload = (await one.begin(2 * CHUNK, CHUNK))["uploadId"]
    # From now on the other knows the upload, without any chunk.
    assert (await other.put(upload, 1, RIGHT)).status_code == 200
    assert (await one.put(upload, 0, RIGHT)).status_code == 200
    assert (await other.put(upload, 0, WRONG)).status_code == 200
    done = await other.client.post(f"/v1/uploads/{upload}/complete", headers=ANN)
    assert done.json()["fileId"] == sha256(RIGHT + RIGHT)


async def test_who_is_at_a_chunk_is_alone_there(pair: tuple[Server, Server]) -> None:
    one, other = pair
    size = 64 * CHUNK
    upload = (await one.begin(size + 1, size))["uploadId"]
    url = f"/v1/uploads/{upload}/chunks/0"
    writer = await begun(one, url, RIGHT, size, method="PUT")

    async def at_it() -> bool:
        return bool(one.side.uploads.admission._slots.held)

    await until("the chunk to arrive", at_it)
    refused = await other.put(upload, 0, some_bytes(size))
    assert (refused.status_code, refused.json()["code"]) == (429, "upload.busy")
    writer.close()

    async def free() -> bool:
        return (await other.put(upload, 0, some_bytes(size))).status_code == 200

    await until("the place to be free", free)


async def test_a_tus_upload_that_the_other_is_at_is_locked(
    pair: tuple[Server, Server],
) -> None:
    one, other = pair
    url = await created(one, len(DATA))
    writer = await begun(one, url, DATA[: CHECKPOINT + 1])

    async def come() -> bool:
        return bool(await one.chunks(url.rpartition("/")[2]))

    await until("the first checkpoint", come)
    locked = await patched(other, url, CHECKPOINT, DATA[CHECKPOINT:])
    assert (locked.status_code, locked.json()["code"]) == (423, "upload.busy")
    assert "Retry-After" in locked.headers
    writer.close()

    async def goes_on() -> bool:
        head = await other.client.head(url, headers=TUS)
        offset = int(head.headers["Upload-Offset"])
        answer = await patched(other, url, offset, DATA[offset:])
        return "Waybill-File-Id" in answer.headers

    await until("the other to go on", goes_on)
