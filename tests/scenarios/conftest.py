"""A plane without processes, and a door in front of the destination."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import services
from tests.scenarios.front import Front
from tests.scenarios.ground import Ground
from tests.scenarios.plane import Plane
from tests.services import BucketPair, TestServers


@pytest.fixture
def ground(
    server_home: Path, database: str, broker: str, bucket_pair: BucketPair
) -> Ground:
    """Give what a plane of this test stands on."""
    home = server_home / f"plane-{uuid.uuid4().hex[:8]}"
    return Ground(home, database, broker, bucket_pair)


@pytest.fixture
async def plane(ground: Ground) -> AsyncIterator[Plane]:
    """Give the plane of this test; what it started is gone afterwards."""
    async with Plane.open(ground.home, ground.database_url, ground.nats_url) as plane:
        yield plane


@pytest.fixture(scope="module")
async def standing(server_home: Path, servers: TestServers) -> AsyncIterator[Plane]:
    """Give a plane that a module shares, with all that copies; not beside `plane`."""
    home = server_home / f"plane-{uuid.uuid4().hex[:8]}"
    await services.delete_streams(servers.nats_url)
    with services.fresh_database(servers.database_url) as database:
        async with Plane.open(home, database, servers.nats_url) as plane:
            plane.start("commands", "dispatcher", "worker")
            yield plane


@pytest.fixture
def flow() -> str:
    """Give the id of a data flow that there is not."""
    return f"flow-{uuid.uuid4().hex[:8]}"


@pytest.fixture
async def front(bucket_pair: BucketPair) -> AsyncIterator[Front]:
    """Give a door in front of the destination's server."""
    async with Front.open(bucket_pair.destination.endpoint) as front:
        yield front
