"""Who reads while read models are rebuilt and switched sees no gap, and is not held up.

And a rebuild that is killed, at whatever moment, changes nothing that anybody reads.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from psycopg import AsyncConnection

from projections import ledger_views, queries, reports, stats_views, timeline_views
from projections.catalogue import READ_MODELS
from projections.positions import positions
from projections.rebuild import rebuild
from projections.views import Lag
from tests.projections.story import Story
from tests.projections.test_process import spawn
from tests.projections.test_rebuild import FLOWS, all_rows, execute, lived

NOW = Lag(positions=0, seconds=0)
LONGEST_STOP_SECONDS = 3.0
Read = Callable[[AsyncConnection], Awaitable[object]]


async def _flows(connection: AsyncConnection) -> object:
    found, _ = await queries.flows(connection, queries.Filter(), limit=500)
    return len(found), {each.state for each in found}


async def _flow(connection: AsyncConnection) -> object:
    chosen = await reports.choose(connection, "flow-2", None, 1 << 40)
    return (
        (await queries.progress(connection, "flow-2")) is not None,
        await timeline_views.timeline(connection, "flow-2"),
        await reports.lines(connection, chosen, None, 50),
    )


async def _sums(connection: AsyncConnection) -> object:
    chosen = ledger_views.LedgerFilter()
    return (
        await stats_views.stats(connection, stats_views.StatsFilter(), (), NOW),
        await ledger_views.ledger(connection, chosen, NOW, limit=500),
        await queries.pending_callbacks(connection),
    )


class Reader:
    """Asks the same again and again; notes other answers, and how long one took."""

    def __init__(self, url: str, read: Read) -> None:
        """Asks nothing yet."""
        self._url, self._read = url, read
        self.asked, self.longest = 0, 0.0
        self.other: list[object] = []

    async def run(self) -> None:
        """Until cancelled."""
        connection = await AsyncConnection.connect(self._url, autocommit=True)
        async with connection:
            usual, far = await self._read(connection), await positions(connection)
            while True:
                began = time.monotonic()
                found = await self._read(connection)
                self.longest = max(self.longest, time.monotonic() - began)
                before, far = far, await positions(connection)
                self.asked += 1
                if found != usual or any(far[name] < before[name] for name in before):
                    self.other.append(found)


@contextlib.asynccontextmanager
async def reading(url: str) -> AsyncIterator[list[Reader]]:
    readers = [Reader(url, read) for read in (_flows, _flow, _sums)]
    tasks = [asyncio.create_task(each.run()) for each in readers]
    try:
        yield readers
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError), ended


async def test_readers_see_no_gap_while_all_is_rebuilt_and_switched(
    story: Story,
) -> None:
    before = await lived(story)
    async with reading(story.url) as readers:
        for _ in range(2):
            await rebuild(story.url, list(READ_MODELS))
    assert [each.other for each in readers] == [[], [], []]
    assert all(each.asked > 3 for each in readers)
    assert await all_rows(story) == before


async def test_whoever_reads_for_long_holds_up_the_switch_and_nobody_else(
    story: Story,
) -> None:
    await lived(story)
    async with await AsyncConnection.connect(story.url) as slow:
        counted = await slow.execute("SELECT count(*) FROM read_model.flow_status")
        assert await counted.fetchone() == (FLOWS,)
        rebuilding = asyncio.create_task(rebuild(story.url, ["flow_status"]))
        async with reading(story.url) as readers, asyncio.timeout(60):
            while readers[0].longest < 0.2:  # it has waited behind the switch
                await asyncio.sleep(0.01)
            assert not rebuilding.done()
            asked = readers[0].asked
            while readers[0].asked < asked + 5:
                await asyncio.sleep(0.01)
            assert not rebuilding.done()
            await slow.rollback()
            await rebuilding
    assert readers[0].longest < LONGEST_STOP_SECONDS
    assert readers[0].other == []


async def test_a_rebuild_killed_at_any_moment_changes_nothing(
    story: Story, nats_url: str
) -> None:
    before = await lived(story)
    begun = b"SELECT 1 FROM pg_namespace WHERE nspname = 'read_model_rebuild'"
    async with reading(story.url) as readers:
        for milliseconds in (20, 90, 200):
            await execute(story, b"DROP SCHEMA IF EXISTS read_model_rebuild CASCADE")
            process = await spawn(story.url, nats_url, "rebuild", "--all")
            while process.returncode is None and not await execute(story, begun):
                await asyncio.sleep(0.005)
            await asyncio.sleep(milliseconds / 1000)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
            assert await all_rows(story) == before
        process = await spawn(story.url, nats_url, "rebuild", "--all")
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
    assert [each.other for each in readers] == [[], [], []]
    assert await all_rows(story) == before
