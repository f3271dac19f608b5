"""A rebuilt read model equals the one that it replaces, byte for byte."""

import asyncio
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from projections.catalogue import READ_MODELS
from projections.positions import lags, positions
from projections.read_model import LIVE
from projections.rebuild import rebuild
from projections.runner import supervise
from tests.projections.events import suspended
from tests.projections.lives import interleaved
from tests.projections.story import Story

TABLES = [table for model in READ_MODELS.values() for table in model.tables]
FLOWS = 24


async def all_rows(story: Story) -> dict[str, list[str]]:
    """Every row of every table, as the text that PostgreSQL writes for it."""
    found: dict[str, list[str]] = {}
    async with story.log.pool.connection() as connection:
        for table in TABLES:
            query = SQL("SELECT t::text FROM {} AS t ORDER BY 1")
            rows = await connection.execute(query.format(Identifier(LIVE, table)))
            found[table] = [row[0] async for row in rows]
    return found


async def execute(story: Story, statement: bytes) -> list[Any]:
    async with story.log.pool.connection() as connection:
        cursor = await connection.execute(statement)
        return await cursor.fetchall() if cursor.description else []


async def lived(story: Story) -> dict[str, list[str]]:
    """The rows after many flows, projected in pages of odd sizes."""
    events = list(interleaved(FLOWS))
    for start in range(0, len(events), 137):
        await story.happened(*events[start : start + 137])
        if start % 3 == 0:
            await story.project()
    await story.project()
    found = await all_rows(story)
    assert all(found.values()), "every table has rows"
    return found


async def test_everything_comes_back_after_the_schema_was_dropped(story: Story) -> None:
    before = await lived(story)
    await execute(story, b"DROP SCHEMA read_model CASCADE")
    await rebuild(story.url, list(READ_MODELS))
    assert await all_rows(story) == before
    assert not await execute(
        story, b"SELECT 1 FROM pg_namespace WHERE nspname = 'read_model_rebuild'"
    )


@pytest.mark.parametrize("name", READ_MODELS)
async def test_one_is_rebuilt_while_the_others_stay(story: Story, name: str) -> None:
    before = await lived(story)
    (table, *_) = READ_MODELS[name].tables
    drop = SQL("DROP TABLE {}").format(Identifier(LIVE, table))
    await execute(story, drop.as_bytes())
    await rebuild(story.url, [name])
    assert await all_rows(story) == before


async def test_a_rebuilt_one_is_followed_on_from_where_the_rebuild_ended(
    story: Story,
) -> None:
    await lived(story)
    await rebuild(story.url, list(READ_MODELS))
    async with story.log.pool.connection() as connection:
        assert {each.positions for each in (await lags(connection)).values()} == {0}
    await story.happened(suspended("flow-3"))
    await story.project()
    rows = await story.rows("flow_status")
    assert {r["state"] for r in rows if r["data_flow_id"] == "flow-3"} == {"SUSPENDED"}


async def test_a_rebuild_that_was_killed_begins_anew(story: Story) -> None:
    before = await lived(story)
    half = asyncio.create_task(rebuild(story.url, list(READ_MODELS)))
    begun = b"SELECT 1 FROM pg_namespace WHERE nspname = 'read_model_rebuild'"
    while not await execute(story, begun):
        await asyncio.sleep(0.005)
    half.cancel()
    with pytest.raises(asyncio.CancelledError):
        await half
    assert await all_rows(story) == before
    await rebuild(story.url, list(READ_MODELS))
    assert await all_rows(story) == before


async def test_a_rebuild_while_events_arrive_and_the_projector_runs_loses_nothing(
    story: Story,
) -> None:
    followers = [story.follower(name) for name in READ_MODELS]
    running = [
        asyncio.create_task(supervise(each.name, each.run)) for each in followers[:1]
    ]
    try:
        events = list(interleaved(FLOWS))
        half = len(events) // 2
        await story.happened(*events[:half])
        rebuilding = asyncio.create_task(rebuild(story.url, ["flow_status"]))
        for start in range(half, len(events), 50):
            await story.happened(*events[start : start + 50])
        await rebuilding
        async with asyncio.timeout(20):
            while not await caught_up(story, "flow_status"):
                await asyncio.sleep(0.02)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    await story.project()
    followed = await all_rows(story)
    await rebuild(story.url, list(READ_MODELS))
    assert await all_rows(story) == followed
    assert len(followed["flow_status"]) == FLOWS


async def caught_up(story: Story, name: str) -> bool:
    async with story.log.pool.connection() as connection:
        head = await connection.execute(
            "SELECT max(notification_id) FROM waybill_events"
        )
        row = await head.fetchone()
        return row is not None and (await positions(connection))[name] == row[0]
