"""The projector as a process: started, stopped, killed, and without its servers."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats
import pytest

from domain import names
from eventlog import migrate
from projections.catalogue import READ_MODELS
from projections.positions import positions
from tests.projections.events import FLOW, started
from tests.projections.lives import interleaved
from tests.projections.story import Story, story_in
from tests.projections.test_rebuild import all_rows
from waybill.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 30


async def spawn(url: str, nats_url: str, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "projections", *arguments),
        cwd=ROOT,
        env={**os.environ, "WAYBILL_DATABASE_URL": url, "WAYBILL_NATS_URL": nats_url},
        stdout=PIPE,
        stderr=PIPE,
    )


@contextlib.asynccontextmanager
async def projector(url: str, nats_url: str) -> AsyncIterator[Process]:
    """A running projector; it must end well when it is asked to."""
    process = await spawn(url, nats_url, "run")
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WAIT_SECONDS):
            _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert json.loads(errors.splitlines()[-1])["event"] == "projector stopped"


async def applied(story: Story, position: int) -> None:
    """Wait until every read model has come as far."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            async with story.log.pool.connection() as connection:
                found = await positions(connection)
            if all(found[name] >= position for name in READ_MODELS):
                return
            await asyncio.sleep(0.02)


async def test_it_follows_and_ticks_and_stops(story: Story, nats_url: str) -> None:
    broker = await nats.connect(nats_url)
    ticks = await broker.subscribe(names.progress_subject(FLOW))
    await broker.flush()
    async with projector(story.url, nats_url):
        await applied(story, await story.happened(started("warm-up")))
        await applied(story, await story.happened(started()))
        await ticks.next_msg(timeout=WAIT_SECONDS)
    await broker.close()
    rows = await story.rows("flow_status")
    assert {row["data_flow_id"] for row in rows} == {"warm-up", FLOW}


async def test_killed_at_any_moment_it_counts_each_event_once(
    story: Story, nats_url: str
) -> None:
    events = list(interleaved(60))
    await story.happened(*events[:1000])
    last = await story.happened(*events[1000:])
    for milliseconds in (0, 20, 40, 60, 80, 100):
        process = await spawn(story.url, nats_url, "run")
        await started_following(story, process)
        await asyncio.sleep(milliseconds / 1000)
        process.kill()
        await process.communicate()
    async with projector(story.url, nats_url):
        await applied(story, last)
    followed = await all_rows(story)
    process = await spawn(story.url, nats_url, "rebuild", "--all")
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert await all_rows(story) == followed


async def started_following(story: Story, process: Process) -> None:
    """Wait until the process has got as far as the database."""
    query = (
        b"SELECT 1 FROM pg_locks JOIN pg_database AS d ON d.oid = database"
        b" WHERE locktype = 'advisory' AND datname = current_database()"
    )
    async with asyncio.timeout(WAIT_SECONDS):
        while process.returncode is None:
            async with story.log.pool.connection() as connection:
                if await (await connection.execute(query)).fetchone():
                    return
            await asyncio.sleep(0.01)


async def test_a_second_one_stands_by_and_takes_over(
    story: Story, nats_url: str
) -> None:
    first = await spawn(story.url, nats_url, "run")
    await applied(story, await story.happened(started("a")))
    async with projector(story.url, nats_url):
        await applied(story, await story.happened(started("b")))
        first.kill()
        await first.communicate()
        await applied(story, await story.happened(started("c")))
    assert len(await story.rows("flow_status")) == 3


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a home for a database server of this test's own."""
    path = Path(tempfile.mkdtemp(prefix="waybill-projector-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


async def test_it_outlives_the_database_and_needs_no_broker(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False) as database:
        migrate(database.url)
        nowhere = "nats://127.0.0.1:9"
        async with projector(database.url, nowhere):
            async with story_in(database.url) as story:
                await applied(story, await story.happened(started("a")))
            await asyncio.to_thread(database.kill)
            await asyncio.to_thread(database.start)
            async with story_in(database.url) as story:
                await applied(story, await story.happened(started("b")))
                assert len(await story.rows("flow_status")) == 2


async def test_the_report_of_positions(story: Story, nats_url: str) -> None:
    process = await spawn(story.url, nats_url, "positions")
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert output.decode().split()[::6] == list(READ_MODELS)
