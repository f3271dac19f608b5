"""Objects of every size around a boundary: what arrives is what was there."""

import hashlib
import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import pytest

from domain.transfer.parts import DEFAULT_PART_BYTES, DEFAULT_THRESHOLD_BYTES
from handlers.mechanisms.s3 import S3Settings
from tests.handlers.s3_sides import MIB
from tests.matrix.carrying import carried_all
from tests.matrix.comparing import Case, Table
from tests.matrix.ground import Ground
from tests.matrix.sides import Bucket, Held
from tests.matrix.ways import AS_PLANNED, PART, PROOFS, ROUTES, Role, Way
from tests.services import S3Endpoint

_BUFFER, _SMALL = S3Settings().read_buffer_bytes, S3Settings().small_object_bytes
_EDGES = (_BUFFER, _SMALL, PART, 8 * MIB, DEFAULT_PART_BYTES)
SIZES = (
    *(0, 1, 2),
    *(edge + step for edge in _EDGES for step in (-1, 0, 1)),
    *(2 * PART + 1, 64 * MIB + 1),
)
PLANNED_SIZES = (DEFAULT_THRESHOLD_BYTES, DEFAULT_THRESHOLD_BYTES + 1, 64 * MIB + 1)
PROVEN_SIZES = (0, 1, _SMALL, _SMALL + 1, PART, PART + 1, 2 * PART + 1)


@dataclass(frozen=True)
class Seeded:
    """A bucket with an object of each size; nothing changes it."""

    bucket: Bucket
    sent: dict[str, Held]

    def of(self, sizes: Iterable[int]) -> dict[str, Held]:
        """Some of them."""
        return {str(size): self.sent[str(size)] for size in sizes}


@pytest.fixture(scope="session")
async def here(ground: Ground) -> AsyncIterator[Seeded]:
    """Give a bucket of the server."""
    async with Bucket.open(ground.server.endpoint) as bucket:
        yield await _seeded(bucket)


@pytest.fixture(scope="session")
async def elsewhere(s3_source: S3Endpoint) -> AsyncIterator[Seeded]:
    """Give a bucket of the other Swift."""
    async with Bucket.open(s3_source) as bucket:
        yield await _seeded(bucket)


@pytest.mark.parametrize("way", ROUTES, ids=str)
async def test_every_size_arrives(
    ground: Ground, here: Seeded, elsewhere: Seeded, table: Table, way: Way
) -> None:
    seeded = elsewhere if way.role is Role.TO else here
    await _copy(ground, seeded, table, way, SIZES)


@pytest.mark.parametrize("way", AS_PLANNED, ids=str)
async def test_it_arrives_without_options_too(
    ground: Ground, here: Seeded, elsewhere: Seeded, table: Table, way: Way
) -> None:
    seeded = elsewhere if way.role is Role.TO else here
    await _copy(ground, seeded, table, way, PLANNED_SIZES)


@pytest.mark.parametrize("way", PROOFS, ids=str)
async def test_every_kind_of_proof_says_what_it_knows(
    ground: Ground, elsewhere: Seeded, table: Table, way: Way
) -> None:
    await _copy(ground, elsewhere, table, way, PROVEN_SIZES)


async def _copy(
    ground: Ground, seeded: Seeded, table: Table, way: Way, sizes: Iterable[int]
) -> None:
    sent = seeded.of(sizes)
    async with Bucket.open(ground.sides(way.role)[1]) as bucket:
        async with way.open(seeded.bucket, bucket) as made:
            said = await carried_all(made, sent, way.options)
        case = Case(sent, said, await bucket.get_all(sent))
        table.add(ground.server.name, str(way), case)
        ground.require(way, case)
        assert await bucket.unfinished() == []


async def _seeded(bucket: Bucket) -> Seeded:
    sizes = {*SIZES, *PLANNED_SIZES, *PROVEN_SIZES}
    sent: dict[str, Held] = {}
    for size in sorted(sizes):
        body = random.Random(size).randbytes(size)  # noqa: S311 (data, no secret)
        assert await bucket.put(str(size), body), f"{size} bytes are refused"
        sent[str(size)] = Held(hashlib.sha256(body).hexdigest(), size)
    return Seeded(bucket, sent)
