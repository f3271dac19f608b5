"""Chunks that break off, stores that fail for a while, uploads that expire."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.errors import StorageError
from handlers.files.local import LocalStore
from handlers.files.store import Piece, Staging
from handlers.files.uploads import rows
from tests.files.upload_server import (
    ANN,
    Server,
    serving,
    some_bytes,
    until,
)

CHUNK = 64 * 1024
DATA = some_bytes(5 * CHUNK + 1000)
PIECES = [DATA[place : place + CHUNK] for place in range(0, len(DATA), CHUNK)]


class Shaky(LocalStore):
    """Takes pieces of one size, as a bucket does, and fails twice before it does."""

    equal_piece_bytes = CHUNK
    failures = 2

    async def write(
        self, staging: Staging, index: int, offset: int, body: AsyncIterator[bytes]
    ) -> Piece:
        if self.failures:
            self.failures -= 1
            raise StorageError("not now", code="storage.throttled")
        return await super().write(staging, index, offset, body)


@pytest.mark.parametrize(("attempts", "status"), [(4, 200), (1, 503)])
async def test_a_piece_is_sent_again_while_that_may_help(
    migrated: str, tmp_path: Path, attempts: int, status: int
) -> None:
    limits = {"attempts": attempts, "chunk_bytes": CHUNK}
    async with serving(migrated, tmp_path, Shaky, **limits) as server:
        upload = (await server.begin(len(DATA), CHUNK))["uploadId"]
        assert (await server.put(upload, 0, PIECES[0])).status_code == status
        assert len(await server.chunks(upload)) == (status == 200)


async def test_a_chunk_that_breaks_off_is_not_recorded(
    migrated: str, tmp_path: Path
) -> None:
    async with serving(migrated, tmp_path) as server:
        await _broken_off(server)


async def _broken_off(server: Server) -> None:
    upload = (await server.begin(len(DATA), CHUNK))["uploadId"]
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"PUT /v1/uploads/{upload}/chunks/0 HTTP/1.1\r\nHost: a\r\n"
        f"X-API-Key: k-ann\r\nContent-Length: {CHUNK}\r\n\r\n".encode()
    )
    writer.write(PIECES[0][: CHUNK // 2])
    await writer.drain()

    async def at_it() -> bool:
        return bool(server.side.uploads.admission._slots.held)

    await until("the chunk to arrive", at_it)
    writer.close()
    answer = await server.put(upload, 0, PIECES[0])
    assert answer.status_code == 200
    assert len(await server.chunks(upload)) == 1


async def test_who_comes_back_in_time_loses_nothing_and_who_does_not_all(
    migrated: str, tmp_path: Path
) -> None:
    async with serving(migrated, tmp_path, expiry_seconds=1.0) as server:
        told = await server.begin(len(DATA), CHUNK)
        upload = told["uploadId"]
        later = (await server.put(upload, 0, PIECES[0])).json()["expiresAt"]
        assert later > told["expiresAt"]
        follower, over = server.side.expiry.follower(), list[str]()

        async def swept() -> bool:
            await follower.catch_up()
            over.extend(await server.side.expiry.sweep())
            return upload in over

        await until("the upload to expire", swept)
        state = await server.client.get(f"/v1/uploads/{upload}", headers=ANN)
        assert (state.json()["state"], state.json()["reason"]) == ("aborted", "expired")
        assert server.staged == []


async def test_all_that_have_expired_end_in_one_look_however_many(
    migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.files.uploads.expiry._MOST_AT_ONCE", 1)
    async with serving(migrated, tmp_path, expiry_seconds=0.01) as server:
        begun = {(await server.begin(CHUNK, CHUNK))["uploadId"] for _ in range(3)}
        await server.side.expiry.follower().catch_up()

        async def due() -> bool:
            found = await rows.due(server.house.log.pool, rows.BEGINNING, 100)
            return begun <= {name for _, name in found}

        await until("all of them to be due", due)
        assert begun <= set(await server.side.expiry.sweep())
        assert server.staged == []
