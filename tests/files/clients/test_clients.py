"""Real clients, little files, one kill each; 200 MB of each by `make crash`."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.files.clients import survival
from tests.files.clients.bodies import Body
from tests.files.clients.served import Served

MIB = 1 << 20


@pytest.fixture
async def served(
    server_home: Path, database: str, broker: str
) -> AsyncIterator[Served]:
    """Give a file server that runs."""
    home = server_home / f"served-{uuid.uuid4().hex[:8]}"
    async with Served.open(home, database, broker) as served:
        await served.start()
        yield served


async def test_curl_wget_and_aria2_go_on_after_a_kill(
    served: Served, tmp_path: Path
) -> None:
    body = Body.make(tmp_path / "body", 24 * MIB)
    await survival.a_post_that_is_killed_leaves_nothing(served, body)
    await survival.downloads_go_on(served, body, tmp_path)


async def test_tuspy_goes_on_after_a_kill(served: Served, tmp_path: Path) -> None:
    body = Body.make(tmp_path / "body", 32 * MIB)
    await survival.tuspy_goes_on(served, body, chunk_bytes=MIB // 2)


async def test_tus_js_client_goes_on_after_a_kill(
    served: Served, tmp_path: Path
) -> None:
    body = Body.make(tmp_path / "body", 32 * MIB)
    await survival.tus_js_client_goes_on(served, body, chunk_bytes=MIB // 2)
