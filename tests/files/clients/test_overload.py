"""More clients than there are places for, and users who want more than their share."""

import asyncio
import hashlib
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.files.clients.chunked import Sender
from tests.files.clients.served import Served

MIB = 1 << 20
CLIENTS, PLACES = 64, 8
CHUNK, CHUNKS = 4 * MIB, 1
# A body of each client would be four times as much.
MOST_GROWTH = 64 * MIB
KEYS = {"crowd": "key-of-the-crowd", "single": "key-of-the-single-one"}
CROWD, AT_ONCE = 32, 16
SHARE_CHUNK, SHARE_CHUNKS = MIB, 96


@asynccontextmanager
async def places_for_eight(
    home: Path, database: str, broker: str, on_their_way: int
) -> AsyncIterator[Served]:
    """A file server; so many may have a place or wait for one."""
    async with Served.open(
        home,
        database,
        broker,
        upload_slots=str(PLACES),
        upload_inflight_max=str(on_their_way),
        upload_keys=",".join(f"{key}:{user}" for user, key in KEYS.items()),
    ) as served:
        await served.start()
        yield served


@pytest.fixture
async def narrow(
    server_home: Path, database: str, broker: str
) -> AsyncIterator[Served]:
    """Give one where as many may wait as there are places."""
    home = server_home / f"narrow-{uuid.uuid4().hex[:8]}"
    async with places_for_eight(home, database, broker, 2 * PLACES) as served:
        yield served


@pytest.fixture
async def patient(
    server_home: Path, database: str, broker: str
) -> AsyncIterator[Served]:
    """Give one where everybody may wait."""
    home = server_home / f"patient-{uuid.uuid4().hex[:8]}"
    async with places_for_eight(home, database, broker, 4 * CROWD) as served:
        yield served


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client with as many connections as it likes."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def test_who_comes_too_many_is_told_so_and_all_complete(
    narrow: Served, session: aiohttp.ClientSession
) -> None:
    process = psutil.Process(narrow.plane.pid("files"))
    before = peak = process.memory_info().rss
    senders = [Sender(session, narrow.url, KEYS["crowd"]) for _ in range(CLIENTS)]

    async def send(sender: Sender, number: int) -> None:
        nonlocal peak
        body = random.Random(number).randbytes(CHUNK)  # noqa: S311 (data, no secret)
        await sender.begin(CHUNKS * CHUNK, CHUNK)
        for index in range(CHUNKS):
            await sender.put_until_taken(index, body, pause_seconds=0.3)
            peak = max(peak, process.memory_info().rss)
        digest = hashlib.sha256(body * CHUNKS).hexdigest()
        assert await sender.complete() == digest

    async with asyncio.TaskGroup() as tasks:
        for number, sender in enumerate(senders):
            tasks.create_task(send(sender, number))
    assert sum(each.refusals for each in senders) > 0
    assert peak - before < MOST_GROWTH
    completed = await narrow.lines("upload.completed.v1")
    assert len(completed) == CLIENTS
    assert narrow.halves() == []


async def test_one_upload_has_half_beside_somebodys_thirty_two(
    patient: Served, session: aiohttp.ClientSession
) -> None:
    chunk = random.Random("share").randbytes(SHARE_CHUNK)  # noqa: S311 (data)
    crowd = [Sender(session, patient.url, KEYS["crowd"]) for _ in range(CROWD)]
    single = Sender(session, patient.url, KEYS["single"])
    taken = {"crowd": 0, "single": 0}
    size = SHARE_CHUNKS * SHARE_CHUNK
    await asyncio.gather(*(e.begin(size, SHARE_CHUNK) for e in (*crowd, single)))

    async def send(user: str, sender: Sender, indexes: list[int]) -> None:
        while indexes:
            await sender.put_until_taken(indexes.pop(0), chunk, pause_seconds=0.02)
            taken[user] += SHARE_CHUNK

    others = [
        asyncio.create_task(send("crowd", each, list(range(SHARE_CHUNKS))))
        for each in crowd
    ]
    while taken["crowd"] < PLACES * SHARE_CHUNK:
        await asyncio.sleep(0.01)
    taken["crowd"] = 0
    indexes = list(range(SHARE_CHUNKS))
    await asyncio.gather(*(send("single", single, indexes) for _ in range(AT_ONCE)))
    share = taken["single"] / sum(taken.values())
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    assert share >= 0.45
