"""A file server that a module shares, and the ground for one of a test's own."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests import services
from tests.files.house import FileHouse, Ground
from tests.files.upload_server import migrated_database


@pytest.fixture(scope="module")
def migrated(database_url: str) -> Iterator[str]:
    """Give the URL of an empty log."""
    with migrated_database(database_url) as database:
        yield database


@pytest.fixture(scope="module")
async def ground(database_url: str, nats_url: str) -> AsyncIterator[Ground]:
    """Give an empty log."""
    with services.fresh_database(database_url) as database:
        async with Ground.open(database, nats_url) as ground:
            yield ground


@pytest.fixture(scope="module")
async def house(ground: Ground, server_home: Path) -> AsyncIterator[FileHouse]:
    """Give an open server: everybody may do everything."""
    home = server_home / f"files-{uuid.uuid4().hex[:8]}"
    async with FileHouse.open(ground, home) as house:
        yield house
