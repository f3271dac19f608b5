"""Bytes, objects and flows, per day, agreement and counter party."""

from datetime import date, timedelta

from psycopg import AsyncConnection

from projections.stats_views import Per, Stats, StatsFilter, stats
from projections.views import Lag
from tests import controls
from tests.projections.events import (
    MIB,
    NOON,
    cause,
    completed,
    object_copied,
    objects,
    outcome,
    part,
    started,
    terminated,
    terms,
    transfer_completed,
)
from tests.projections.story import Story

NOW = Lag(positions=0, seconds=0)


async def asked(story: Story, *per: Per, **chosen: object) -> Stats:
    async with await AsyncConnection.connect(story.url) as connection:
        return await stats(connection, StatsFilter(**chosen), per, NOW)  # type: ignore[arg-type]


async def happened(story: Story) -> None:
    other = terms(agreement_id="agreement-2", counter_party_id="did:web:other")
    await story.happened(started("a"), started("b", terms=other))
    await story.happened(part("o-p0", 1, "a"), object_copied("o", flow="a"))
    await story.project()
    tomorrow = cause(occurred_at=NOON + timedelta(days=1))
    await story.happened(
        objects("s", outcome("x"), outcome("y", "storage.denied"), flow="a"),
        transfer_completed("a", 1),
        completed("a"),
        controls.object_served(data_flow_id="b", size_bytes=10, complete=1),
        terminated("b"),
        why=tomorrow,
    )
    await story.project()


async def test_each_day_has_what_arrived_then(story: Story) -> None:
    await happened(story)
    later, earlier = (await asked(story, Per.DAY)).lines
    assert (earlier.day, later.day) == (date(2026, 11, 20), date(2026, 11, 21))
    assert (earlier.size_bytes, earlier.objects) == (16 * MIB, 1)
    assert (earlier.flows_begun, earlier.flows_completed) == (2, 0)
    assert (later.size_bytes, later.objects) == (MIB + 10, 2)
    assert (later.objects_failed, later.flows_completed) == (1, 1)
    assert later.flows_terminated == 1


async def test_the_sums_are_of_what_was_asked_for(story: Story) -> None:
    await happened(story)
    (everything,) = (await asked(story)).lines
    assert (everything.day, everything.size_bytes) == (None, 17 * MIB + 10)
    lines = (await asked(story, Per.COUNTER_PARTY, Per.AGREEMENT)).lines
    assert {each.agreement_id: each.size_bytes for each in lines} == {
        "agreement-1": 17 * MIB,
        "agreement-2": 10,
    }
    (one,) = (await asked(story, party="did:web:other", until=date(2026, 11, 20))).lines
    assert (one.size_bytes, one.flows_begun) == (0, 1)
    (none,) = (await asked(story, agreement="nobody's")).lines
    assert none.objects == 0
