"""A sealed log, and an archive beside it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.projections.story import story_in
from tests.projections.tampering import Sealed
from tests.services import BucketPair
from tests.waybill.archived import House, life
from waybill.secret_key import ensure_key


@pytest.fixture
async def house(
    database: str,
    bucket_pair: BucketPair,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:
    """Give it, with an archive in the destination's bucket."""
    there = bucket_pair.destination
    for name, value in {
        "DATABASE_URL": database,
        "NOTARY_KEY_FILE": str(ensure_key(tmp_path / "notary.key")),
        "ARCHIVE_KEY_FILE": str(ensure_key(tmp_path / "archive.key")),
        "ARCHIVE_URL": f"s3://{bucket_pair.destination_bucket}/old/",
        "ARCHIVE_ENDPOINT_URL": there.endpoint,
        "ARCHIVE_ACCESS_KEY_ID": there.access_key,
        "ARCHIVE_SECRET_ACCESS_KEY": there.secret_key,
    }.items():
        monkeypatch.setenv(f"WAYBILL_{name}", value)
    async with story_in(database) as story:
        lives = [life("old"), life("other"), life("running")[:-2]]
        for together in zip(*lives, strict=False):
            await story.happened(*together)
        await story.happened(*lives[0][-2:], *lives[1][-2:])
        house = House(Sealed(story, tmp_path / "notary.key"), bucket_pair)
        await house.settle()
        yield house
