"""The door holds a little of each body, whatever its size."""

from collections.abc import AsyncIterator, Callable

import httpx
import psutil

from tests.door.house import House
from tests.scenarios import storage
from tests.scenarios.storage import MIB
from tests.services import BucketPair

SIZE = 192 * MIB
# One buffered part, and what moves between two sockets.
MOST_GROWTH = 80 * MIB


async def test_memory_does_not_follow_the_size(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    pair = bucket_pair
    await storage.seed(pair, {"warm": 20 * MIB, "big": SIZE})
    reads = await house.offers(pair.source, pair.source_bucket, "")
    sends = await house.expects(pair.destination, pair.destination_bucket, "")
    resident = resident_of(house)
    before = peak = resident()
    for key in ("warm", "big"):
        before = peak = resident()
        async with client.stream(
            "GET", reads.url(key), headers=reads.headers
        ) as answer:

            async def body() -> AsyncIterator[bytes]:
                nonlocal peak
                async for chunk in answer.aiter_raw():
                    peak = max(peak, resident())
                    yield chunk

            sent = await client.put(
                sends.url(key), content=body(), headers=sends.headers
            )
        assert sent.status_code == 201, sent.text
    assert peak - before < MOST_GROWTH
    assert len(await storage.arrived(pair)) == 2


def resident_of(house: House) -> Callable[[], int]:
    """The door's resident memory."""
    process = psutil.Process(house.plane.pid("door"))
    return lambda: process.memory_info().rss
