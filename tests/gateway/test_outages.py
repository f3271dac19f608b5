"""The gateway starts without its servers, says so, and finds them when they come."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from eventlog import migrate
from tests.gateway.messages import creation
from tests.gateway.peer import listening
from tests.gateway.serving import serving, settings, until_ready
from tests.gateway.test_refusals import assert_problem
from waybill.embedded import EmbeddedNats, EmbeddedPostgres
from waybill.embedded.ports import free_port


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a home for servers of this test's own."""
    path = Path(tempfile.mkdtemp(prefix="waybill-outages-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


async def red(client: httpx.AsyncClient, *names: str) -> None:
    """Wait until exactly these checks are red."""
    async with asyncio.timeout(20):
        while True:
            checks = (await client.get("/readyz")).json()["checks"]
            if {name for name, each in checks.items() if not each["ok"]} == {*names}:
                return
            await asyncio.sleep(0.05)


async def test_a_broker_that_comes_goes_and_comes_again(
    database: str, home: Path
) -> None:
    migrate(database)
    broker = EmbeddedNats(home, port=free_port())
    chosen = settings(database_url=database, nats_url=broker.url)
    async with serving(chosen) as client:
        await red(client, "nats")
        answer = await client.post("/dataflows/start", json=creation())
        assert_problem(answer, 503, "plane.unavailable")
        assert (await client.get("/management/dataflows")).status_code == 200
        for _ in range(2):
            await asyncio.to_thread(broker.start)
            await until_ready(client)
            async with listening(broker.url):
                answer = await client.post("/dataflows/start", json=creation())
                assert answer.status_code == 200
            await asyncio.to_thread(broker.kill)
            await red(client, "nats")


async def test_a_database_that_comes_goes_and_comes_again(
    nats_url: str, home: Path
) -> None:
    database = EmbeddedPostgres(home, port=free_port(), durable=False)
    chosen = settings(database_url=database.url, nats_url=nats_url)
    async with serving(chosen) as client:
        await red(client, "postgres")
        answer = await client.get("/management/dataflows")
        assert_problem(answer, 503, "plane.unavailable")
        assert (await client.get("/metrics")).status_code == 200
        await asyncio.to_thread(database.start)
        await red(client, "projections")
        answer = await client.get("/management/dataflows")
        assert_problem(answer, 503, "plane.unavailable")
        migrate(database.url)
        await until_ready(client)
        for _ in range(2):
            await asyncio.to_thread(database.kill)
            await red(client, "postgres")
            await asyncio.to_thread(database.start)
            await until_ready(client)
            answer = await client.get("/management/dataflows")
            assert answer.status_code == 200
    await asyncio.to_thread(database.stop)
