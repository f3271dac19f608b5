"""The whole history of a flow, wherever in the log it is."""

import pytest

from domain.message import Event
from projections.history import history
from projections.history_index import STRETCH
from projections.views import HistoryLine
from tests.projections.events import (
    FLOW,
    completed,
    delivered,
    part,
    started,
    suspended,
    terms,
)
from tests.projections.lives import interleaved, life
from tests.projections.story import Story


async def pages(story: Story, flow: str, limit: int) -> list[HistoryLine]:
    """All lines of a flow, read in pages."""
    lines: list[HistoryLine] = []
    async with story.log.pool.connection() as connection:
        while True:
            after = lines[-1].position if lines else 0
            page = await history(connection, flow, after=after, limit=limit)
            assert page is not None
            lines += page
            if len(page) < limit:
                return lines


async def happened(story: Story, events: list[Event]) -> None:
    for start in range(0, len(events), 500):
        await story.happened(*events[start : start + 500])


@pytest.mark.parametrize("indexed", ["all", "half", "none", "dropped"])
@pytest.mark.parametrize("limit", [7, 500])
async def test_it_is_complete_whatever_the_index_knows(
    story: Story, indexed: str, limit: int
) -> None:
    events = list(interleaved(20))
    await happened(story, events[: len(events) // 2])
    if indexed in ("all", "half"):
        await story.project()
    await happened(story, events[len(events) // 2 :])
    if indexed == "all":
        await story.project()
    if indexed == "dropped":
        async with story.log.pool.connection() as connection:
            await connection.execute("DROP SCHEMA read_model CASCADE")
    lines = await pages(story, "flow-7", limit)
    assert [line.topic for line in lines] == [event.TOPIC for event in life(7)]


async def test_long_silences_are_skipped(story: Story) -> None:
    await story.happened(started("silent"))
    await happened(story, list(interleaved(30)))
    await story.happened(suspended("silent"))
    await happened(story, [part("s9", n, "other") for n in range(1, 3 * STRETCH)])
    await story.happened(completed("silent"))
    await story.project()
    lines = await pages(story, "silent", 2)
    assert [line.version for line in lines] == [1, 2, 3]
    found = await story.rows("history_index")
    assert len([row for row in found if row["data_flow_id"] == "silent"]) == 3


async def test_callbacks_are_part_of_it(story: Story) -> None:
    await story.happened(started(), completed())
    await story.project()
    about = (await story.row("outbox"))["about"]
    await story.happened(delivered(about, 1))
    lines = await pages(story, FLOW, 10)
    assert lines[-1].stream == f"callback/{FLOW}"
    assert lines[-1].data["about"] == str(about) == lines[-2].event_id


@pytest.mark.parametrize("flow", ['a "quoted" \\ id', "ü\u2028", "nul\x00", "%", "a'b"])
async def test_ids_of_every_kind(story: Story, flow: str) -> None:
    await story.happened(started("before"), started(flow), suspended(flow))
    await story.project()
    await story.happened(completed(flow))
    assert [line.version for line in await pages(story, flow, 2)] == [1, 2, 3]


async def test_an_event_that_only_speaks_of_the_flow_is_not_its_own(
    story: Story,
) -> None:
    liar = {"@type": "DataAddress", "data_flow_id": FLOW}
    await story.happened(started())
    others = [started(f"other-{n}", reply_address=liar) for n in range(9)]
    await story.happened(*others, suspended())
    await story.project()
    assert [line.version for line in await pages(story, FLOW, 2)] == [1, 2]


async def test_a_flow_that_never_was_has_none(story: Story) -> None:
    await story.happened(started("other", terms=terms(participant_id=FLOW)))
    async with story.log.pool.connection() as connection:
        assert await history(connection, FLOW) is None
