"""How far behind the read models are."""

from projections.catalogue import READ_MODELS
from projections.positions import lags, positions, positions_report
from projections.views import Lag
from tests.projections.events import started, suspended
from tests.projections.story import Story


async def of(story: Story, name: str) -> Lag:
    async with story.log.pool.connection() as connection:
        return (await lags(connection))[name]


async def test_an_empty_log_leaves_nothing_behind(story: Story) -> None:
    assert await of(story, "flow_status") == Lag(positions=0, seconds=0)


async def test_the_lag_is_that_of_the_oldest_event_not_applied(story: Story) -> None:
    await story.happened(started())
    await story.happened(suspended())
    await story.follower("flow_status").catch_up()
    behind = await of(story, "outbox")
    assert behind.positions == 2
    assert 0 < behind.seconds < 60
    assert await of(story, "flow_status") == Lag(positions=0, seconds=0)


async def test_the_report_names_every_read_model(story: Story) -> None:
    last = await story.happened(started())
    await story.project()
    async with story.log.pool.connection() as connection:
        assert await positions(connection) == dict.fromkeys(READ_MODELS, last)
    report = await positions_report(story.url)
    assert [line.split()[0] for line in report.splitlines()] == list(READ_MODELS)
