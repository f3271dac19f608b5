"""Objects of every size around a boundary, by every route, with every kind of proof.

Some of the sizes in the suite; WAYBILL_TEST_SIZES=all for the others.
"""

import os
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
from tests.handlers.s3_sides import MIB, copier
from tests.services import BucketPair, S3Endpoint

_SMALL = S3Settings().small_object_bytes
_BUFFER = S3Settings().read_buffer_bytes
_ALL = (
    *(0, 1, 2),
    *(edge + step for edge in (_BUFFER, _SMALL) for step in (-1, 0, 1)),
    *(edge + step for edge in (PART, THRESHOLD, 2 * PART) for step in (-1, 0, 1)),
    3 * PART + MIB,
)
_FEW = {
    "planned": (0, 1, _SMALL, _SMALL + 1, THRESHOLD, THRESHOLD + 1),
    "in-parts": (0, 1, PART - 1, PART, PART + 1, 2 * PART + 1),
}
OPTIONS = {"planned": WHOLE, "in-parts": IN_PARTS}
_PROVING = {Integrity.AUTO, Integrity.MD5}


@dataclass(frozen=True)
class Seeded:
    """A bucket with an object of each size, by size; to be copied somewhere."""

    pair: BucketPair
    source: Bucket
    bodies: dict[str, bytes]

    def of(self, options: str) -> dict[str, bytes]:
        """Those that this run copies so."""
        few = os.environ.get("WAYBILL_TEST_SIZES") != "all"
        sizes = _FEW[options] if few else _ALL
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
    sizes = {*_ALL, *_FEW["planned"], *_FEW["in-parts"]}
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
    there, sent = seeded.pair.destination, seeded.of(options)
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
    there, sent = seeded.pair.source, seeded.of(options)
    async with Bucket.open(there) as bucket:
        async with copier(seeded.to(there, bucket)) as made:
            assert made.same_endpoint
            await carried_all(made, sent, OPTIONS[options])
        assert await bucket.held() == sent


def _body(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 (data, no secret)
