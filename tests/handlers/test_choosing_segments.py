"""Which segments are queued next, of the rows that a real database holds."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from domain.scheduling.timing import DeadlineAction, Timing
from eventlog import EventLog
from handlers.coordinator.queued import Queued, SegmentRow
from handlers.coordinator.shares import Shares

_FLOW = (
    "INSERT INTO work.flow (data_flow_id, state, moves_data, tenant, timing, gate)"
    " VALUES (%s, %s, true, %s, %s, %s)"
)
_SEGMENTS = (
    "INSERT INTO work.segment (data_flow_id, segment_id, kind, state)"
    " SELECT %s, %s || n, %s, %s FROM generate_series(1, %s) n"
)


async def flow(
    log: EventLog,
    name: str,
    *,
    tenant: str = "a",
    state: str = "running",
    timing: Timing | None = None,
    **segments: int,
) -> None:
    """A flow with so many segments: `pack_ready=3`."""
    said = timing.model_dump_json() if timing else None
    state, _, gate = state.partition(" ")
    async with log.pool.connection() as connection:
        await connection.execute(_FLOW, (name, state, tenant, said, gate))
        for what, count in segments.items():
            kind, _, where = what.partition("_")
            await connection.execute(_SEGMENTS, (name, what, kind, where, count))


async def chosen(log: EventLog, places: int = 8) -> list[SegmentRow]:
    queued = Queued(log.pool)
    held = await queued.held()
    free = places - len([each for each in held if each.goes_on])
    return await Shares(queued, {"b": 3.0}).choose(held, places, free)


def flows(segments: list[SegmentRow]) -> Counter[str]:
    return Counter(each.data_flow_id for each in segments)


async def test_tenants_share_what_is_free_and_completions_come_first(
    log: EventLog,
) -> None:
    await flow(log, "big", parts_ready=500, pack_ready=500)
    await flow(log, "small", tenant="b", parts_ready=5, completion_ready=1)
    found = await chosen(log)
    assert (found[0].kind, found[0].data_flow_id) == ("completion", "small")
    assert flows(found) == {"small": 6, "big": 2}
    assert {each.kind for each in found if each.data_flow_id == "big"} == {
        "pack",
        "parts",
    }


async def test_nothing_is_queued_twice_and_no_more_than_is_free(log: EventLog) -> None:
    await flow(log, "one", pack_ready=20, pack_leased=3)
    first = await chosen(log)
    assert len(first) == 5
    for each in first:
        await Queued(log.pool).mark_queued(each)
    assert await chosen(log) == []
    held = await Queued(log.pool).held()
    assert Counter(each.state for each in held) == {"queued": 5, "leased": 3}


async def test_who_may_not_copy_has_no_turn_and_takes_no_place(log: EventLog) -> None:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    at_another_time = f"{now + hour:%H:%M}-{now + 2 * hour:%H:%M} UTC"
    late = {"deadline": now - hour, "deadline_action": DeadlineAction.FAIL}
    await flow(log, "suspended", state="suspended", pack_ready=9, pack_queued=9)
    await flow(log, "held", state="running held", pack_ready=9)
    await flow(log, "closed", timing=Timing(windows=(at_another_time,)), pack_ready=9)
    await flow(log, "too-late", timing=Timing(**late), pack_ready=9)
    await flow(log, "late", timing=Timing(deadline=now - hour), pack_ready=1)
    await flow(log, "free", pack_ready=9)
    assert flows(await chosen(log)) == {"free": 7, "late": 1}
