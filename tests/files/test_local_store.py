"""A directory as a store: what a disk, or the system, may refuse."""

import errno
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from domain.errors import DataPlaneError
from handlers.files import directory
from handlers.files.local import LocalStore
from handlers.files.store import About, Staging
from tests.files.upload_server import MIB, sha256, some_bytes

DATA = some_bytes(3 * MIB + 5)
ABOUT = About("text/plain", "2026-11-22T00:00:00+00:00")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path)
    yield made
    made.close()


async def body() -> AsyncIterator[bytes]:
    yield DATA


async def written(store: LocalStore, *, in_order: bool) -> str:
    """The digest of an upload in one piece."""
    await store.begin("upload")
    staging = Staging("upload", in_order=in_order)
    piece = await store.write(staging, 0, 0, body())
    return await store.digest(Staging("upload"), (piece,))


async def test_a_system_without_direct_writes_stores_the_same(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_DIRECT", raising=False)
    assert await written(store, in_order=False) == sha256(DATA)
    taken = await store.take("other", body())
    kept = await store.keep(taken.staging, taken.pieces, taken.file_id, ABOUT)
    assert (tmp_path / kept.place).read_bytes() == DATA


async def test_a_descriptor_that_could_not_be_had_locks_nothing(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: int) -> int:
        raise OSError(errno.EMFILE, "too many")

    await store.begin("upload")
    with monkeypatch.context() as patched:
        patched.setattr(os, "dup", refused)
        with pytest.raises(DataPlaneError, match="EMFILE"):
            await store.write(Staging("upload", in_order=True), 0, 0, body())
    assert await written(store, in_order=True) == sha256(DATA)


async def test_a_sidecar_without_its_bytes_goes_when_it_is_old(
    store: LocalStore, tmp_path: Path
) -> None:
    taken = await store.take("upload", body())
    kept = await store.keep(taken.staging, taken.pieces, taken.file_id, ABOUT)
    beside = directory.sidecar_of(tmp_path / kept.place)
    alone = beside.with_name(f"{'0' * 64}.meta")
    alone.write_bytes(beside.read_bytes())
    assert len([each async for each in store.standing(3600)]) == 0
    assert alone.exists()
    assert [each.file_id async for each in store.standing(0)] == [sha256(DATA)]
    assert not alone.exists()
    assert beside.exists()
