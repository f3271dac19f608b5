"""A plane without processes, and a door in front of the destination."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.services import BucketPair


@pytest.fixture
async def plane(
    server_home: Path, database: str, broker: str
) -> AsyncIterator[Plane]:
    """Give the plane of this test; what it started is gone afterwards."""
    home = server_home / f"plane-{uuid.uuid4().hex[:8]}"
    async with Plane.open(home, database, broker) as plane:
        yield plane


@pytest.fixture
async def front(bucket_pair: BucketPair) -> AsyncIterator[Front]:
    """Give a door in front of the destination's server."""
    async with Front.open(bucket_pair.destination.endpoint) as front:
        yield front
