"""Which chunks are written now, which wait, and which are to come again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from domain.upload.fairness import Want
from handlers.files.local import LocalStore
from handlers.files.store import Piece, Staging
from handlers.files.uploads.queue import FairQueue
from tests.files.upload_server import (
    Server,
    serving,
    sha256,
    some_bytes,
    until,
)

CHUNK = 128 * 1024


class SlowStore(LocalStore):
    """A disk that takes so many bytes a second, whoever sends them."""

    seconds_per_byte = 0.01 / CHUNK

    async def write(
        self, staging: Staging, index: int, offset: int, body: AsyncIterator[bytes]
    ) -> Piece:
        return await super().write(staging, index, offset, self._slowed(body))

    async def _slowed(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for block in body:
            await asyncio.sleep(self.seconds_per_byte * len(block))
            yield block


async def sent(server: Server, user: str, data: bytes, times: Counter[int]) -> str:
    """A well-behaved client: 4 chunks at once, and back again when asked to."""
    headers = {"X-API-Key": f"k-{user}"}
    async with httpx.AsyncClient(
        base_url=server.url, headers=headers, timeout=30
    ) as client:
        return await _sent_by(client, data, times)


async def _sent_by(client: httpx.AsyncClient, data: bytes, times: Counter[int]) -> str:
    body = {"sizeBytes": len(data), "chunkSizeBytes": CHUNK}
    begun = await client.post("/v1/uploads/init", json=body)
    assert begun.status_code == 201, begun.text
    told = begun.json()
    url, most = f"/v1/uploads/{told['uploadId']}", asyncio.Semaphore(4)

    async def put(index: int) -> None:
        piece = data[index * CHUNK : (index + 1) * CHUNK]
        while True:
            async with most:
                answer = await client.put(f"{url}/chunks/{index}", content=piece)
            times[answer.status_code] += 1
            if answer.status_code == 200:
                return
            assert answer.status_code == 429, answer.text
            assert answer.json()["code"] == "upload.busy"
            assert int(answer.headers["Retry-After"]) >= 1
            await asyncio.sleep(0.02)

    await asyncio.gather(*map(put, range(told["chunkCount"])))
    answer = await client.post(f"{url}/complete")
    return str(answer.json()["fileId"])


async def test_over_the_limits_some_are_sent_away_and_all_get_through(
    migrated: str, tmp_path: Path
) -> None:
    limits = {"slots": 4, "queue_max": 4, "inflight_per_upload_max": 3}
    async with serving(migrated, tmp_path, SlowStore, **limits) as server:
        times: Counter[int] = Counter()
        bodies = [some_bytes(4 * CHUNK, seed) for seed in range(12)]
        ids = await asyncio.gather(*(sent(server, "ann", b, times) for b in bodies))
        assert list(ids) == [sha256(body) for body in bodies]
        assert times[200] == 48
        assert times[429] > 0


async def test_who_dawdles_gives_its_place_to_who_waits(
    migrated: str, tmp_path: Path
) -> None:
    async with serving(migrated, tmp_path, slots=1, patience_seconds=0.2) as server:
        upload = (await server.begin(2 * CHUNK, CHUNK))["uploadId"]
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            f"PUT /v1/uploads/{upload}/chunks/0 HTTP/1.1\r\nHost: a\r\n"
            f"X-API-Key: k-ann\r\nContent-Length: {CHUNK}\r\n\r\nslowly".encode()
        )
        await writer.drain()

        async def at_it() -> bool:
            return bool(server.side.uploads.admission._slots.held)

        await until("the first bytes to arrive", at_it)
        quick = await server.put(upload, 1, some_bytes(CHUNK))
        assert quick.status_code == 200
        told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        assert told.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After" in told
        writer.close()


# The queue by itself


@pytest.mark.parametrize("side_by_side", [1, 4])
async def test_one_upload_has_its_share_beside_thirty_two_of_another_user(
    side_by_side: int,
) -> None:
    slots, moving = FairQueue(8, 4), FairQueue(2, 2)
    taken: Counter[str] = Counter()

    async def send(user: str, upload: str) -> None:
        """One chunk after the other, each of eight blocks."""
        while True:
            async with slots.place(Want(user, upload, 8)):
                for _ in range(8):
                    async with moving.place(Want(user, upload, 1)):
                        await asyncio.sleep(0)
                    taken[user] += 1
            # The answer goes out, and the next chunk comes.
            await asyncio.sleep(0)

    senders = [("bob", f"b{n}") for n in range(32)] * 4 + [("ann", "a")] * side_by_side
    tasks = [asyncio.create_task(send(*sender)) for sender in senders]
    while taken.total() < 4_000:
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert taken["ann"] / taken.total() >= 0.45


async def test_a_place_goes_to_the_next_when_its_holder_leaves() -> None:
    queue, order = FairQueue(1, 1), list[str]()

    async def use(name: str) -> None:
        async with queue.place(Want(name, name, 1)) as has:
            assert has
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*map(use, "abc"))
    assert sorted(order) == ["a", "b", "c"]
    assert not queue.held
    assert not queue.waiting


async def test_who_stops_waiting_leaves_no_trace() -> None:
    queue = FairQueue(1, 1)

    async def use(name: str) -> None:
        async with queue.place(Want(name, name, 1)):
            await asyncio.sleep(3600)

    first, second, third = (asyncio.create_task(use(name)) for name in "abc")
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.wait({first, second})
    assert [each.user_id for each in queue.held] == ["c"]
    third.cancel()
    await asyncio.wait({third})
    assert not queue.held
    assert not queue.waiting


async def test_a_full_queue_makes_room_for_who_has_less() -> None:
    queue, sent_away = FairQueue(1, 1), list[str]()

    async def use(user: str, upload: str) -> None:
        async with queue.place(Want(user, upload, 1)) as has:
            if not has:
                sent_away.append(upload)
                return
            await asyncio.sleep(3600)

    many = [asyncio.create_task(use("bob", f"b{n}")) for n in range(4)]
    await asyncio.sleep(0)
    assert queue.make_room(Want("ann", "a", 1))
    await asyncio.sleep(0)
    assert sent_away == ["b3"]
    assert not queue.make_room(Want("bob", "b4", 1))
    for task in many:
        task.cancel()
    await asyncio.wait(many)
