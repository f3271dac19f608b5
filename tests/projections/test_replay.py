"""A replay of the log names exactly the rows that are not as the log makes them."""

import asyncio
from collections.abc import Sequence

import pytest

from projections.catalogue import READ_MODELS
from projections.replay import replay
from projections.replay_views import Compared, Difference
from projections.runner import supervise
from tests.projections.events import MIB, objects, outcome, started
from tests.projections.lives import interleaved
from tests.projections.story import Story
from tests.projections.test_rebuild import FLOWS, all_rows, execute, lived


async def replayed(
    story: Story, names: Sequence[str] = tuple(READ_MODELS)
) -> tuple[list[Difference], list[Compared]]:
    found = [each async for each in replay(story.url, names)]
    different = [each for each in found if isinstance(each, Difference)]
    compared = [each for each in found if isinstance(each, Compared)]
    assert sum(each.different for each in compared) == len(different)
    return different, compared


async def test_an_honest_database_has_no_difference(story: Story) -> None:
    await lived(story)
    # The live ones are behind the log: they are compared as they should be by now.
    await story.happened(started("later"), objects("s", outcome("x"), flow="later"))
    before = await all_rows(story)
    different, compared = await replayed(story)
    assert different == []
    rows = {each.table: each.rows for each in compared}
    assert set(rows) == {t for m in READ_MODELS.values() for t in m.tables}
    assert rows["flow_status"] == FLOWS
    assert await all_rows(story) == before
    left = b"SELECT 1 FROM pg_namespace WHERE nspname = 'read_model_rebuild'"
    assert not await execute(story, left)


async def test_a_row_that_was_changed_by_hand_is_reported_exactly(
    story: Story,
) -> None:
    await lived(story)
    await execute(
        story,
        b"UPDATE read_model.transfer_progress SET bytes_copied = bytes_copied + 1"
        b" WHERE data_flow_id = 'flow-3'",
    )
    (found,), _ = await replayed(story)
    assert (found.table, found.key) == (
        "transfer_progress",
        {"data_flow_id": "flow-3"},
    )
    assert found.columns == ("bytes_copied",)
    assert found.log is not None
    copied = found.log["bytes_copied"]
    assert copied % MIB == 0
    assert found.live == {"bytes_copied": copied + 1}


async def test_a_row_that_was_removed_or_added_is_reported(story: Story) -> None:
    await lived(story)
    await execute(
        story, b"DELETE FROM read_model.flow_timeline WHERE data_flow_id = 'flow-1'"
    )
    await execute(
        story,
        b"INSERT INTO read_model.transfer_failures VALUES ('flow-1', 'new', '', '', 7)",
    )
    different, _ = await replayed(story, ["flow_timeline", "transfer_progress"])
    gone, added = different
    assert (gone.table, gone.live, gone.columns) == ("flow_timeline", None, ())
    assert gone.log is not None
    assert gone.log["data_flow_id"] == "flow-1"
    assert (added.table, added.log) == ("transfer_failures", None)
    assert added.key == {"data_flow_id": "flow-1", "object_id": "new"}


@pytest.mark.parametrize("name", ["transfer_progress"])
async def test_it_compares_while_events_arrive_and_are_followed(
    story: Story, name: str
) -> None:
    follower = story.follower(name)
    running = asyncio.create_task(supervise(name, follower.run))
    events = list(interleaved(FLOWS))
    half = len(events) // 2
    try:
        await story.happened(*events[:half])
        replaying = asyncio.create_task(replayed(story, [name]))
        for start in range(half, len(events), 50):
            await story.happened(*events[start : start + 50])
        different, _ = await replaying
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert different == []
