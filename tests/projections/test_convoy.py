"""Followers that go together: none keeps another back, and nothing counts twice."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from psycopg import AsyncConnection

from domain.message import Recorded
from eventlog import Follower
from eventlog.convoy import Convoy
from projections.read_model import LIVE, PACE
from tests.projections.events import started
from tests.projections.story import Story

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WAIT_SECONDS = 20


class Counter:
    """A follower that counts flows in a table of its own, and fails when told to."""

    def __init__(self, story: Story, name: str) -> None:
        self.broken = False
        self.seen: list[int] = []
        self.follower = Follower(story.log.pool, name, LIVE, self._apply, self._told)

    async def _apply(self, connection: AsyncConnection, _: Sequence[Recorded]) -> None:
        if self.broken:
            await connection.execute("SELECT 1 / 0")

    async def _told(self, page: Sequence[Recorded]) -> None:
        self.seen += [each.position for each in page]

    async def until(self, positions: list[int]) -> None:
        """Wait until it was told exactly these."""
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self.seen) < len(positions):
                await asyncio.sleep(0.01)
        assert self.seen == positions


@asynccontextmanager
async def together(story: Story, *counters: Counter) -> "AsyncIterator[None]":
    followers = [story.follower("flow_status"), *(each.follower for each in counters)]
    convoy = Convoy(story.log.pool, LIVE, followers, PACE)
    running = asyncio.create_task(convoy.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_one_that_fails_keeps_no_other_back_and_misses_nothing(
    story: Story,
) -> None:
    good, bad = Counter(story, "good"), Counter(story, "bad")
    async with together(story, good, bad):
        first = await story.happened(started("a"))
        await bad.until([first])
        bad.broken = True
        second = await story.happened(started("b"))
        await good.until([first, second])
        third = await story.happened(started("c"))
        await good.until([first, second, third])
        assert bad.seen == [first]
        bad.broken = False
        await bad.until([first, second, third])
    assert len(await story.rows("flow_status")) == 3


async def test_one_that_is_new_comes_up_by_itself(story: Story) -> None:
    old = Counter(story, "old")
    async with together(story, old):
        told = [await story.happened(started(name)) for name in "abc"]
        await old.until(told)
    new = Counter(story, "new")
    old = Counter(story, "old")
    async with together(story, old, new):
        await new.until(told)
        last = await story.happened(started("d"))
        await new.until([*told, last])
        # What it knew before is not told again.
        await old.until([last])
    assert len(await story.rows("flow_status")) == 4
