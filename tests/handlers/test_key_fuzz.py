"""Keys are opaque: whatever name the storage takes, the copy has, with the same bytes.

On Swift, the names that somebody thought of and a few that nobody did; `make matrix`
has two thousand for every server.
"""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from domain.location import CopyOptions
from handlers.mechanisms.pair import Pair
from tests.handlers.carried import IN_PARTS, WHOLE, Bucket, carried_all
from tests.handlers.s3_sides import copier
from tests.matrix import names
from tests.services import BucketPair, S3Endpoint

_LISTS = int(os.environ.get("WAYBILL_TEST_KEY_EXAMPLES", "2"))
_KEYS_AT_ONCE = 6
# Swift keeps the id of an upload behind the key, in a name of 1,024 bytes.
_MOST_BYTES_IN_PARTS = 950
_BODY_BYTES = 3000


@dataclass(frozen=True)
class Ways:
    """Every route from the source's bucket, each to a bucket of its own."""

    source: Bucket
    routes: tuple[tuple[Bucket, Pair, CopyOptions], ...]

    @classmethod
    @asynccontextmanager
    async def open(cls, pair: BucketPair) -> AsyncIterator["Ways"]:
        """Through us and by the storage itself, in one piece and in parts."""
        routes: list[tuple[Bucket, Pair, CopyOptions]] = []
        async with AsyncExitStack() as stack:
            source = await stack.enter_async_context(Bucket.open(pair.source))
            beside = replace(pair, destination=pair.source)
            for there in (pair, beside):
                for options in (WHOLE, IN_PARTS):
                    fresh = Bucket.open(there.destination)
                    bucket = await stack.enter_async_context(fresh)
                    to = replace(
                        there,
                        source_bucket=source.name,
                        destination_bucket=bucket.name,
                    )
                    made = await stack.enter_async_context(copier(to))
                    routes.append((bucket, made, options))
            yield cls(source, tuple(routes))

    async def take(self, keys: Iterable[str]) -> int:
        """Copy objects with these keys by all routes and compare; how many."""
        bodies = {key: names.body_of(key, _BODY_BYTES) for key in keys}
        stored = await self.source.put(bodies)
        assert await _listed(self.routes[0][1]) == sorted(stored, key=str.encode)
        for bucket, made, options in self.routes:
            here = stored
            if options is IN_PARTS:
                here = {k: v for k, v in stored.items() if _is_for_uploads(k)}
            await carried_all(made, here, options)
            assert await bucket.held() == here
        return len(stored)


@pytest.fixture
async def ways(
    s3_source: S3Endpoint, s3_destination: S3Endpoint
) -> AsyncIterator[Ways]:
    """Give all routes, with empty buckets."""
    async with Ways.open(BucketPair(s3_source, s3_destination, "", "")) as ways:
        yield ways


async def test_any_names_are_copied_as_they_are(ways: Ways) -> None:
    known = {*names.KNOWN, *names.ALONE}
    drawn = {k for few in names.drawn(_LISTS, _KEYS_AT_ONCE, 0) for k in few}
    assert await ways.take(known | drawn) >= len(known)


def _is_for_uploads(key: str) -> bool:
    """Swift answers with the key, in XML, which cannot hold every character."""
    return names.fits_xml(key) and names.size(key) <= _MOST_BYTES_IN_PARTS


async def _listed(made: Pair) -> list[str]:
    """As our own listing tells them, a few at a time."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await made.source.list_page(cursor, 7)
        found += [each.key for each in page.objects]
        cursor = page.cursor
        if cursor is None:
            return found
