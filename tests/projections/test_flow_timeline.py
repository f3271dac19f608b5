"""What a flow was at when, and how fast it was copied: in a bounded number of steps."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from domain.message import Event
from projections.timeline_row import MOST_BUCKETS, FlowTimeline
from projections.timeline_views import Timeline, timeline
from tests import controls
from tests.projections.events import (
    FLOW,
    MIB,
    NOON,
    cause,
    completed,
    done,
    object_copied,
    page,
    part,
    planned,
    planning,
    resumed,
    started,
    suspended,
)
from tests.projections.story import Story


async def told(story: Story, *events: Event) -> None:
    """One a second, from noon on."""
    for second, event in enumerate(events):
        at = NOON + timedelta(seconds=second)
        await story.happened(event, why=cause(occurred_at=at))
    await story.project()


async def shown(story: Story, flow: str = FLOW) -> Timeline:
    async with await AsyncConnection.connect(story.url) as connection:
        found = await timeline(connection, flow)
    assert found is not None
    return found


async def test_the_phases_follow_each_other_without_holes(story: Story) -> None:
    await told(
        story,
        started(),
        planning(),
        page(segments=("o-p0",)),
        part("o-p0", 1),
        planned(segments=1),
        suspended(),
        resumed(),
        controls.transfer_waiting(data_flow_id=FLOW, code="storage.denied"),
        resumed(),
        done("o-p0"),
        object_copied("o"),
        completed(),
    )
    found = await shown(story)
    assert [each.phase for each in found.phases] == [
        *("accepted", "listing", "running", "suspended", "running"),
        *("waiting", "running", "completing", "done"),
    ]
    reasons = {each.phase: each.reason for each in found.phases if each.reason}
    assert reasons == {"suspended": "lunch", "waiting": "storage.denied"}
    for earlier, later in zip(found.phases, found.phases[1:], strict=False):
        assert earlier.ended_at == later.began_at
    assert found.phases[-1].ended_at is None
    assert found.ended_at == NOON + timedelta(seconds=11)
    assert found.listed_at == NOON + timedelta(seconds=4)
    assert found.bucket_seconds == 1
    assert [(each.size_bytes, each.objects) for each in found.rate] == [
        *((16 * MIB, 0), *[(0, 0)] * 6, (0, 1)),
    ]
    assert found.rate[0].at == (NOON + timedelta(seconds=3)).replace(microsecond=0)


async def test_a_plan_that_is_held_waits_for_its_approval(story: Story) -> None:
    options: dict[str, Any] = {"plan": "approve"}
    beginning = started().model_copy(
        update={"options": started().options.model_copy(update=options)}
    )
    await told(story, beginning, planning(), planned(segments=1))
    assert (await shown(story)).phase == "planned"


def test_the_rate_of_a_month_has_as_many_buckets_as_that_of_a_minute() -> None:
    row = FlowTimeline(FLOW, NOON, 1)
    for hour in range(24 * 30):
        row.copied(NOON + timedelta(hours=hour), 1000, 1)
    # A clock that goes wrong loses nothing either.
    row.copied(NOON - timedelta(days=1), 1000, 1)
    row.copied(datetime(2099, 1, 1, tzinfo=NOON.tzinfo), 1000, 1)
    assert len(row.buckets) <= MOST_BUCKETS
    assert sum(size for size, _ in row.buckets) == 1000 * (24 * 30 + 2)
    assert sum(objects for _, objects in row.buckets) == 24 * 30 + 2
