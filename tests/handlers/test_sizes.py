"""Objects of every size around a boundary, by every route, with every kind of proof.

On Swift, each boundary once. `make matrix` does it on every server, with every size.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from handlers.mechanisms.s3 import Integrity, S3Executor, S3Settings
from tests.handlers.carried import (
    IN_PARTS,
    PART,
    THRESHOLD,
    WHOLE,
    Bucket,
    carried_all,
)
from tests.handlers.s3_sides import copier
from tests.services import BucketPair, S3Endpoint

_SMALL = S3Settings().small_object_bytes
_BUFFER = S3Settings().read_buffer_bytes
OPTIONS = {"planned": WHOLE, "in-parts": IN_PARTS}
_EDGES = {
    "planned": (
        *(0, 1, _BUFFER - 1, _BUFFER, _BUFFER + 1),
        *(_SMALL - 1, _SMALL, _SMALL + 1, THRESHOLD, THRESHOLD + 1),
    ),
    "in-parts": (0, 1, PART - 1, PART, PART + 1, 2 * PART + 1),
}
_PROVEN = {"planned": (0, 1, _SMALL + 1), "in-parts": (1, PART + 1)}
_PROVING = {Integrity.AUTO, Integrity.MD5}


@dataclass(frozen=True)
class Seeded:
    """A bucket with an object of each size, by size; to be copied somewhere."""

    pair: BucketPair
    source: Bucket
    bodies: dict[str, bytes]

    def of(self, sizes: tuple[int, ...]) -> dict[str, bytes]:
        """Some of them."""
        return {str(size): self.bodies[str(size)] for size in sizes}

    def to(self, endpoint: S3Endpoint, bucket: Bucket) -> BucketPair:
        """The copier's pair."""
        pair = replace(self.pair, source_bucket=self.source.name)
        return replace(pair, destination=endpoint, destination_bucket=bucket.name)


@pytest.fixture(scope="module")
async def seeded(
    s3_source: S3Endpoint, s3_destination: S3Endpoint
) -> AsyncIterator[Seeded]:
    """Give the source; nothing changes it."""
    sizes = {
        size for few in (_EDGES, _PROVEN) for each in few.values() for size in each
    }
    bodies = {str(size): _body(size) for size in sorted(sizes)}
    async with Bucket.open(s3_source) as bucket:
        assert await bucket.put(bodies) == bodies
        pair = BucketPair(s3_source, s3_destination, bucket.name, "")
        yield Seeded(pair, bucket, bodies)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("integrity", list(Integrity))
async def test_every_size_passes_through_us(
    seeded: Seeded, integrity: Integrity, options: str
) -> None:
    executor = S3Executor(S3Settings(integrity=integrity))
    sizes = _EDGES if integrity is Integrity.AUTO else _PROVEN
    there, sent = seeded.pair.destination, seeded.of(sizes[options])
    async with Bucket.open(there) as bucket:
        async with copier(seeded.to(there, bucket), executor) as made:
            assert not made.same_endpoint
            done = await carried_all(made, sent, OPTIONS[options])
        assert await bucket.held() == sent
    if integrity in _PROVING:
        unproven = [k for k, pieces in done.items() for p in pieces if not p.proven]
        assert unproven == []


@pytest.mark.parametrize("options", OPTIONS)
async def test_every_size_is_copied_by_the_storage(
    seeded: Seeded, options: str
) -> None:
    there, sent = seeded.pair.source, seeded.of(_EDGES[options])
    async with Bucket.open(there) as bucket:
        async with copier(seeded.to(there, bucket)) as made:
            assert made.same_endpoint
            await carried_all(made, sent, OPTIONS[options])
        assert await bucket.held() == sent


def _body(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 (data, no secret)
