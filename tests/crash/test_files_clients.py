"""200 MB with each client that others made, and one kill in the middle of each."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.files.clients import survival
from tests.files.clients.bodies import Body
from tests.files.clients.served import Served

SIZE = 200_000_000
CHUNKS = (8 << 20, None)


@pytest.fixture
async def served(
    server_home: Path, database: str, broker: str
) -> AsyncIterator[Served]:
    """Give a file server that runs."""
    home = server_home / f"served-{uuid.uuid4().hex[:8]}"
    async with Served.open(home, database, broker) as served:
        await served.start()
        yield served


async def test_200_mb_with_curl_wget_and_aria2(served: Served, tmp_path: Path) -> None:
    body = Body.make(tmp_path / "body", SIZE)
    await survival.a_post_that_is_killed_leaves_nothing(served, body)
    await survival.downloads_go_on(served, body, tmp_path)


@pytest.mark.parametrize("chunk_bytes", CHUNKS)
async def test_200_mb_with_tuspy(
    served: Served, tmp_path: Path, chunk_bytes: int | None
) -> None:
    body = Body.make(tmp_path / "body", SIZE)
    await survival.tuspy_goes_on(served, body, chunk_bytes)


@pytest.mark.parametrize("chunk_bytes", CHUNKS)
async def test_200_mb_with_tus_js_client(
    served: Served, tmp_path: Path, chunk_bytes: int | None
) -> None:
    body = Body.make(tmp_path / "body", SIZE)
    await survival.tus_js_client_goes_on(served, body, chunk_bytes)
