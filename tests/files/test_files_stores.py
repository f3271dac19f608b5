"""What every store must do, whatever is behind it: a directory, or a bucket."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.errors import DataPlaneError
from handlers.files import serve
from handlers.files.local import LocalStore
from handlers.files.settings import FilesSettings
from handlers.files.store import About, FileStore, Piece, Staging
from handlers.objects import Range
from tests import services
from tests.files.house import sha256

MIB = 1024 * 1024
PIECE = 5 * MIB
BODY = hashlib.shake_128(b"bytes").digest(2 * PIECE + 1000)
# The clock of a bucket may be ahead of ours.
NOW = -5.0
ABOUT = About("text/plain", "2026-11-21T09:30:00+00:00", "a.txt")


@pytest.fixture(params=["local", "s3"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, s3_destination: services.S3Endpoint
) -> AsyncIterator[FileStore]:
    """Give an empty store."""
    async with services.fresh_bucket(s3_destination) as bucket:
        settings = FilesSettings(
            files_store=request.param,
            files_directory=tmp_path,
            files_min_free_bytes=0,
            files_bucket=f"{bucket}/plane/",
            files_bucket_endpoint_url=s3_destination.endpoint,
            files_bucket_region=s3_destination.region,
            files_bucket_access_key_id=SecretStr(s3_destination.access_key),
            files_bucket_secret_access_key=SecretStr(s3_destination.secret_key),
            files_bucket_part_bytes=PIECE,
        )
        async with serve.opened_store(settings) as store:
            yield store


async def body(content: bytes, size: int = 700_001) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), size):
        yield content[begin : begin + size]


async def broken(content: bytes) -> AsyncIterator[bytes]:
    async for each in body(content):
        yield each
    raise ConnectionResetError


async def read(
    store: FileStore, place: str, size: int, span: Range | None = None
) -> bytes:
    """What is read of it."""
    async with store.read(place, size, span) as reading:
        if reading.body is not None:
            return b"".join([each async for each in reading.body])
        assert reading.file is not None
        reading.file.seek(reading.span.offset_bytes)
        return reading.file.read(reading.span.length_bytes)


async def left(store: FileStore) -> tuple[list[Staging], list[str]]:
    """What is staged, and what stands."""
    standing = [each.place async for each in store.standing(NOW)]
    return await store.staged(NOW), standing


@pytest.mark.parametrize("content", [b"", b"small", BODY])
async def test_what_is_taken_is_kept_once_and_read_back(
    store: FileStore, content: bytes
) -> None:
    taken = await store.take("u1", body(content))
    assert (taken.file_id, taken.size_bytes) == (sha256(content), len(content))
    kept = await store.keep(taken.staging, taken.pieces, taken.file_id, ABOUT)
    assert await store.keep(taken.staging, taken.pieces, taken.file_id, ABOUT) == kept
    assert await store.size(kept.place) == len(content)
    assert await read(store, kept.place, len(content)) == content
    if content:
        span = Range(1, 3)
        assert await read(store, kept.place, len(content), span) == content[1:4]
    assert await left(store) == ([], [kept.place])
    for _ in range(2):
        await store.remove(kept.place)
    assert await store.size(kept.place) is None
    with pytest.raises(DataPlaneError) as gone:
        await read(store, kept.place, max(1, len(content)))
    assert gone.value.code == "storage.not-found"


async def test_pieces_in_any_order_become_a_file(store: FileStore) -> None:
    staging = await store.begin("u1")
    pieces: dict[int, Piece] = {}
    for index in (2, 0, 1, 0):
        begin = index * PIECE
        part = BODY[begin : begin + PIECE]
        pieces[index] = await store.write(staging, index, begin, body(part))
        assert pieces[index].size_bytes == len(part)
    found = [pieces[each] for each in sorted(pieces)]
    for _ in range(2):
        assert await store.digest(staging, found) == sha256(BODY)
    kept = await store.keep(staging, found, sha256(BODY), ABOUT)
    assert await store.keep(staging, found, sha256(BODY), ABOUT) == kept
    assert await read(store, kept.place, len(BODY)) == BODY


async def test_who_is_late_changes_no_file_and_who_is_early_is_waited_for(
    tmp_path: Path,
) -> None:
    store = LocalStore(tmp_path)
    staging, go_on = await store.begin("u1"), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"all of "
        await go_on.wait()
        yield b"it"

    writing = asyncio.create_task(store.write(staging, 0, 0, slow()))
    await asyncio.sleep(0)
    digesting = asyncio.create_task(store.digest(staging, [Piece(0, 0, 9)]))
    await asyncio.wait({digesting}, timeout=0.05)
    assert not digesting.done()
    go_on.set()
    piece = await writing
    assert await digesting == sha256(b"all of it")
    kept = await store.keep(staging, [piece], sha256(b"all of it"), ABOUT)
    with pytest.raises(DataPlaneError) as over:
        await store.write(staging, 0, 0, body(b"late"))
    assert over.value.code == "storage.upload-lost"
    assert await read(store, kept.place, 9) == b"all of it"
    store.close()


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 1, 1, 2), (1, 0, 2), (0, 2, 1)])
async def test_what_is_promised_in_order_is_hashed_as_it_stands(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    store = LocalStore(tmp_path)
    staging = replace(await store.begin("u1"), in_order=True)
    pieces: dict[int, Piece] = {}
    for turn, index in enumerate(order):
        part = b"%d at turn %d" % (index, turn)
        pieces[index] = await store.write(staging, index, index * 11, body(part))
    found = [pieces[each] for each in sorted(pieces)]
    stands = (tmp_path / "tmp" / "u1").read_bytes()
    for _ in range(2):
        assert await store.digest(staging, found) == sha256(stands)
    kept = await store.keep(staging, found, sha256(stands), ABOUT)
    assert await read(store, kept.place, len(stands)) == stands
    store.close()


async def test_nobody_else_writes_what_comes_in_order_unseen(tmp_path: Path) -> None:
    store, other = LocalStore(tmp_path), LocalStore(tmp_path)
    staging = replace(await store.begin("u1"), in_order=True)
    first = await store.write(staging, 0, 0, body(b"first "))
    with pytest.raises(DataPlaneError) as busy:
        await other.write(staging, 0, 0, body(b"FIRST "))
    assert busy.value.code == "upload.busy"
    second = await store.write(staging, 1, 6, body(b"second"))
    assert await store.digest(staging, [first, second]) == sha256(b"first second")
    await other.write(staging, 0, 0, body(b"FIRST "))
    stands = sha256(b"FIRST second")
    with pytest.raises(DataPlaneError) as changed:
        await store.keep(staging, [first, second], sha256(b"first second"), ABOUT)
    assert changed.value.code == "storage.mismatch"
    assert await store.digest(staging, [first, second]) == stands
    store.close()
    other.close()


async def test_a_body_that_breaks_off_leaves_nothing(store: FileStore) -> None:
    for upload, content in (("u1", b"small"), ("u2", BODY)):
        with pytest.raises(ConnectionResetError):
            await store.take(upload, broken(content))
    for _ in range(200):
        if await left(store) == ([], []):
            return
    pytest.fail("something stays")


async def test_what_is_discarded_is_gone(store: FileStore) -> None:
    staging = await store.begin("u1")
    await store.write(staging, 0, 0, body(BODY[:PIECE]))
    assert [each.upload_id for each in await store.staged(NOW)] == ["u1"]
    assert await store.staged(3600.0) == []
    for _ in range(2):
        await store.discard(staging)
    taken = await store.take("u2", body(b"small"))
    await store.discard(taken.staging)
    assert await left(store) == ([], [])
    with pytest.raises(DataPlaneError) as late:
        await store.write(staging, 1, PIECE, body(b"late"))
    assert late.value.code == "storage.upload-lost"


async def test_a_digest_that_is_not_kept_is_discarded_too(store: FileStore) -> None:
    staging = await store.begin("u1")
    piece = await store.write(staging, 0, 0, body(b"last piece"))
    assert await store.digest(staging, [piece]) == sha256(b"last piece")
    await store.discard(staging)
    assert await left(store) == ([], [])
