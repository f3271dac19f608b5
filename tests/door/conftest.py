"""A door that a module shares, and one of a test's own."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests import services
from tests.door.house import House
from tests.services import TestServers


@pytest.fixture(scope="module")
async def house(server_home: Path, servers: TestServers) -> AsyncIterator[House]:
    """Give an open door, with control planes heard and flows cleaned up."""
    home = server_home / f"house-{uuid.uuid4().hex[:8]}"
    await services.delete_streams(servers.nats_url)
    with services.fresh_database(servers.database_url) as database:
        async with House.open(home, database, servers.nats_url) as house:
            house.plane.start("commands", "dispatcher", "door")
            await house.opened()
            yield house


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that follows nothing."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield client
