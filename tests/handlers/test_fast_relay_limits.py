"""What a relay takes of memory, of bandwidth, and of trust: as much as it was told."""

import asyncio
import gc
import ssl
import time
import tracemalloc
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.errors import Side, StorageError
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import Integrity, RelayKind, S3Settings
from handlers.mechanisms.s3.fast import pool
from handlers.ports import ObjectInfo, Pin, Range
from tests.handlers.fast_sides import BODY, ETAG, Shelf, certificate, relaying, shelf
from tests.handlers.lying import reply

KIB, MIB = 1024, 1024 * 1024
SLOTS = 8
# Of our two servers, which are in the same process: their streams pause at 128 KiB,
# and may have been given 256 KiB more at once.
SERVERS_BYTES = 2 * SLOTS * (128 + 256) * KIB


class Conveyor(Shelf):
    """Gives any length and keeps nothing."""

    async def answer(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if head.startswith("GET"):
            first, last = self.asked(head)
            told = {"Content_Range": f"bytes {first}-{last}/{1 << 40}"}
            left = last - first + 1
            writer.write(
                reply("206 Partial", ETag=f'"{ETAG}"', **told).replace(
                    b"Content-Length: 0", b"Content-Length: %d" % left
                )
            )
            block = memoryview(BODY)[: 64 * KIB]
            while left:
                writer.write(block[:left])
                left -= len(block[:left])
                await writer.drain()
            return
        left = self.announced(head)
        while left:
            left -= len(await reader.read(min(left, 64 * KIB)))
        writer.write(reply("200 OK", ETag='"e"'))


# Not plain over https: aiohttp reads whom to trust when it is imported.
@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        (RelayKind.FAST, "http"),
        (RelayKind.FAST, "https"),
        (RelayKind.PLAIN, "http"),
    ],
)
async def test_memory_is_of_the_slots_and_the_block_not_of_the_parts(
    kind: RelayKind, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = trusted(tmp_path, monkeypatch) if scheme == "https" else None

    async def peak(part_bytes: int) -> int:
        async with AsyncExitStack() as stack:
            source, destination = [
                await stack.enter_async_context(shelf(server, Conveyor()))
                for _ in range(2)
            ]
            made = await stack.enter_async_context(
                relaying(source.url, destination.url, relay=kind, integrity=crc)
            )
            span = Range(0, part_bytes)
            gc.collect()
            tracemalloc.start()
            try:
                await asyncio.gather(
                    *(
                        made.relay_part("k", Pin(ETAG), span, "k", "u", number)
                        for number in range(1, SLOTS + 1)
                    )
                )
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    crc = Integrity.CRC
    block = S3Settings().read_buffer_bytes
    short, long = await peak(8 * MIB), await peak(64 * MIB)
    # As docs/settings.md says, whatever the parts; by chance not all slots are full.
    assert long < SLOTS * max(3 * block, 2 * MIB) + SERVERS_BYTES
    assert long < 2 * short


class Metered:
    """Lets so many bytes pass in a second."""

    def __init__(self, bytes_per_second: float) -> None:
        self.rate = bytes_per_second
        self.counted = 0
        self.free_at = 0.0

    def moved(self, count: int) -> float:
        self.counted += count
        now = time.monotonic()
        self.free_at = max(now, self.free_at) + count / self.rate
        return min(0.02, max(0.0, self.free_at - now))


@pytest.mark.parametrize("kind", list(RelayKind))
async def test_a_meter_slows_long_and_short_bodies(kind: RelayKind) -> None:
    async with shelf() as source, shelf() as destination:
        async with relaying(source.url, destination.url, relay=kind) as ends:
            meter = Metered(20 * MIB)
            made = Pair(ends.reads, ends.writes, ends.patience, meter)
            began = time.monotonic()
            await asyncio.gather(
                made.relay_part("k", Pin(ETAG), Range(0, len(BODY)), "k", "u", 1),
                made.relay_part("k", Pin(ETAG), Range(0, MIB), "k", "u", 2),
                made.relay_object(ObjectInfo("k", len(BODY), ETAG), "k"),
            )
            took = time.monotonic() - began
        # But for the last blocks, which have passed when the pause begins.
        assert took > 0.4
        assert meter.counted == 2 * len(BODY) + MIB
        assert sorted(destination.got, key=len) == [BODY[:MIB], BODY, BODY]


def trusted(home: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context; its authority is given as an operator would."""
    server = certificate(home)
    monkeypatch.setenv("SSL_CERT_FILE", str(home / "certificate.pem"))
    pool.trust.cache_clear()
    return server


@pytest.fixture(autouse=True)
def _forgets() -> None:
    pool.trust.cache_clear()


async def test_over_tls_the_same_bytes_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = trusted(tmp_path, monkeypatch)
    whole = Range(0, len(BODY))
    async with shelf(server) as source, shelf(server) as destination:
        destination.pause_seconds = 0.0005
        async with relaying(source.url, destination.url) as made:
            done = await asyncio.gather(
                *(made.relay_part("k", Pin(ETAG), whole, "k", "u", n) for n in (1, 2))
            )
            last = Range(0, MIB)
            done.append(await made.relay_part("k", Pin(ETAG), last, "k", "u", 3))
        assert all(each.proven for each in done)
        assert destination.got == [BODY, BODY, BODY[:MIB]]
        assert source.connections == 2


async def test_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    server = certificate(tmp_path)
    async with (
        shelf(server) as source,
        shelf() as destination,
        relaying(source.url, destination.url) as made,
    ):
        with pytest.raises(StorageError) as error:
            await made.relay_part("k", Pin(ETAG), Range(0, MIB), "k", "u", 1)
    assert (error.value.code, error.value.side) == ("storage.untrusted", Side.SOURCE)
    assert destination.heads == []
