"""tus bodies that end too early: what had come is kept, and nobody has to wait."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.files.tus_client import CHECKPOINT, DATA, TUS, begun, created, patched
from tests.files.upload_server import (
    MIB,
    Server,
    serving,
    sha256,
    some_bytes,
    until,
)

# A large body comes straight from the socket, and a smaller one by the usual way.
BODIES = pytest.mark.parametrize(
    "data", [DATA, some_bytes(5 * MIB + 1)], ids=["small", "large"]
)


@pytest.fixture(scope="module")
async def server(migrated: str, tmp_path_factory: Any) -> AsyncIterator[Server]:
    home: Path = tmp_path_factory.mktemp("tus")
    async with serving(migrated, home, checkpoint_bytes=CHECKPOINT) as made:
        yield made


@BODIES
async def test_what_came_before_it_broke_off_is_kept(
    server: Server, data: bytes
) -> None:
    url = await created(server, len(data))
    sent = 3 * CHECKPOINT + 1234
    writer = await begun(server, url, data[:sent], len(data))

    async def come() -> bool:
        return len(await server.chunks(url.rpartition("/")[2])) == 3

    await until("the checkpoints", come)
    writer.close()

    async def settled() -> bool:
        head = await server.client.head(url, headers=TUS)
        return head.headers["Upload-Offset"] == str(sent)

    await until("what was sent to be recorded", settled)
    answer = await patched(server, url, sent, data[sent:])
    assert answer.headers["Waybill-File-Id"] == sha256(data)
    chunks = await server.chunks(url.rpartition("/")[2])
    assert sum(each.size_bytes for each in chunks) == len(data)
    assert len({each.offset for each in chunks}) == len(chunks)


@BODIES
async def test_a_sender_that_is_gone_without_a_word_is_in_nobodys_way(
    server: Server, data: bytes
) -> None:
    url = await created(server, len(data))
    writer = await begun(server, url, data[:CHECKPOINT], len(data))

    async def come() -> bool:
        return bool(await server.chunks(url.rpartition("/")[2]))

    await until("the first checkpoint", come)
    answer = await patched(server, url, CHECKPOINT, data[CHECKPOINT:])
    assert answer.headers["Waybill-File-Id"] == sha256(data)
    writer.close()


@BODIES
async def test_what_comes_slowly_is_recorded_all_the_same(
    migrated: str, tmp_path: Path, data: bytes
) -> None:
    async with serving(migrated, tmp_path, checkpoint_seconds=0.1) as server:
        url = await created(server, len(data))
        sent = 1000
        writer = await begun(server, url, data[:sent], len(data))

        async def recorded() -> bool:
            nonlocal sent
            writer.write(data[sent : sent + 1000])
            sent += 1000
            return len(await server.chunks(url.rpartition("/")[2])) >= 2

        await until("two checkpoints of a body that goes on", recorded)
        writer.write(data[sent:])
        await writer.drain()

        async def whole() -> bool:
            head = await server.client.head(url, headers=TUS)
            return bool(head.headers.get("Waybill-File-Id") == sha256(data))

        await until("the rest", whole)
        writer.close()


@BODIES
async def test_a_server_that_closes_keeps_what_came(
    migrated: str, tmp_path: Path, data: bytes
) -> None:
    sent = 3 * CHECKPOINT + 1234
    async with serving(migrated, tmp_path, checkpoint_bytes=CHECKPOINT) as server:
        url = await created(server, len(data))
        writer = await begun(server, url, data[:sent], len(data))

        async def come() -> bool:
            return len(await server.chunks(url.rpartition("/")[2])) == 3

        await until("the checkpoints", come)
    writer.close()
    async with serving(migrated, tmp_path) as server:
        head = await server.client.head(url, headers=TUS)
        assert head.headers["Upload-Offset"] == str(sent)
        answer = await patched(server, url, sent, data[sent:])
        assert answer.headers["Waybill-File-Id"] == sha256(data)
