"""A completion that is killed at any of its effects is gone on with."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.upload.events import UploadCompleted, UploadSealed
from handlers.files.local import LocalStore
from handlers.files.store import About, Kept, Piece, Staging
from tests.files.upload_server import (
    ANN,
    serving,
    sha256,
    some_bytes,
)

DATA = some_bytes(200_000)


class KilledError(Exception):
    """As if nothing after it had happened."""


class Knife(LocalStore):
    """A store whose process is killed before or after one of its effects."""

    at = ""

    async def digest(self, staging: Staging, pieces: Sequence[Piece]) -> str:
        self._cut("before digest")
        digest = await super().digest(staging, pieces)
        self._cut("after digest")
        return digest

    async def keep(
        self, staging: Staging, pieces: Sequence[Piece], file_id: str, about: About
    ) -> Kept:
        self._cut("before keep")
        kept = await super().keep(staging, pieces, file_id, about)
        self._cut("after keep")
        return kept

    def _cut(self, place: str) -> None:
        if self.at == place:
            raise KilledError


# Before it is sealed, it waits for its sender.
@pytest.mark.parametrize(
    ("at", "by"),
    [
        ("before digest", "the sender"),
        ("after digest", "the sender"),
        ("before keep", "the sender"),
        ("after keep", "the sender"),
        ("before keep", "the sweep"),
        ("after keep", "the sweep"),
    ],
)
async def test_killed_at_any_effect_it_becomes_one_file(
    migrated: str, tmp_path: Path, at: str, by: str
) -> None:
    data = at.encode() + by.encode() + DATA
    async with serving(migrated, tmp_path, Knife) as server:
        upload = (await server.begin(len(data), len(data)))["uploadId"]
        await server.put(upload, 0, data)
        assert isinstance(server.house.files.store, Knife)
        server.house.files.store.at = at
        url = f"/v1/uploads/{upload}/complete"
        assert (await server.client.post(url, headers=ANN)).status_code == 500
        file = f"/files/{sha256(data)}"
        assert (await server.client.get(file, headers=ANN)).status_code == 404
    async with serving(migrated, tmp_path) as server:
        if by == "the sender":
            assert (await server.client.post(url, headers=ANN)).status_code == 200
        else:
            await server.side.expiry.follower().catch_up()
            assert upload in await server.side.expiry.sweep()
        assert (await server.client.get(file, headers=ANN)).content == data
        ends = [type(each) for each in (await server.journal(upload))[-2:]]
        assert ends == [UploadSealed, UploadCompleted]
        assert server.staged == []
