"""A plane without processes, and a door in front of the destination."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.front import Front
from tests.scenarios.ground import Ground
from tests.scenarios.plane import Plane
from tests.services import BucketPair


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


@pytest.fixture
async def front(bucket_pair: BucketPair) -> AsyncIterator[Front]:
    """Give a door in front of the destination's server."""
    async with Front.open(bucket_pair.destination.endpoint) as front:
        yield front
