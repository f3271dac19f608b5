"""tus bodies that end too early: what had come is kept, and nobody has to wait."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.files.tus_client import CHECKPOINT, DATA, TUS, begun, created, patched
from tests.files.upload_server import (
    Server,
    migrated_database,
    serving,
    sha256,
    until,
)


@pytest.fixture(scope="module")
def migrated(database_url: str) -> Iterator[str]:
    with migrated_database(database_url) as database:
        yield database


@pytest.fixture(scope="module")
async def server(migrated: str, tmp_path_factory: Any) -> AsyncIterator[Server]:
    home: Path = tmp_path_factory.mktemp("tus")
    async with serving(migrated, home, checkpoint_bytes=CHECKPOINT) as made:
        yield made


async def test_what_came_before_it_broke_off_is_kept(server: Server) -> None:
    url = await created(server, len(DATA))
    sent = 3 * CHECKPOINT + 1234
    writer = await begun(server, url, DATA[:sent])

    async def come() -> bool:
        return len(await server.chunks(url.rpartition("/")[2])) == 3

    await until("the checkpoints", come)
    writer.close()

    async def settled() -> bool:
        head = await server.client.head(url, headers=TUS)
        return head.headers["Upload-Offset"] == str(sent)

    await until("what was sent to be recorded", settled)
    answer = await patched(server, url, sent, DATA[sent:])
    assert answer.headers["Waybill-File-Id"] == sha256(DATA)
    chunks = await server.chunks(url.rpartition("/")[2])
    assert sum(each.size_bytes for each in chunks) == len(DATA)
    assert len({each.offset for each in chunks}) == len(chunks)


async def test_a_sender_that_is_gone_without_a_word_is_in_nobodys_way(
    server: Server,
) -> None:
    url = await created(server, len(DATA))
    writer = await begun(server, url, DATA[:CHECKPOINT])

    async def come() -> bool:
        return bool(await server.chunks(url.rpartition("/")[2]))

    await until("the first checkpoint", come)
    answer = await patched(server, url, CHECKPOINT, DATA[CHECKPOINT:])
    assert answer.headers["Waybill-File-Id"] == sha256(DATA)
    writer.close()


async def test_a_server_that_closes_keeps_what_came(
    migrated: str, tmp_path: Path
) -> None:
    sent = 3 * CHECKPOINT + 1234
    async with serving(migrated, tmp_path, checkpoint_bytes=CHECKPOINT) as server:
        url = await created(server, len(DATA))
        writer = await begun(server, url, DATA[:sent])

        async def come() -> bool:
            return len(await server.chunks(url.rpartition("/")[2])) == 3

        await until("the checkpoints", come)
    writer.close()
    async with serving(migrated, tmp_path) as server:
        head = await server.client.head(url, headers=TUS)
        assert head.headers["Upload-Offset"] == str(sent)
        answer = await patched(server, url, sent, DATA[sent:])
        assert answer.headers["Waybill-File-Id"] == sha256(DATA)
