"""The dispatcher's rows, as its follower makes them of the log."""

from domain import names
from eventlog import Append, EventLog, Follower
from handlers.coordinator import work
from handlers.coordinator.rows import Rows
from tests import controls


async def test_what_is_planned_after_the_end_leaves_no_row(log: EventLog) -> None:
    """A planner may have written its last page just when the flow was cleaned up."""
    follower = Follower(log.pool, "work", "work", work.apply, topics=work.TOPICS)
    flow, cause = controls.FLOW, controls.cause()
    ended = (controls.started(), controls.terminated())
    await log.append(cause, Append(names.data_flow_stream(flow), 0, ended))
    await follower.catch_up()
    rows = Rows(log.pool)
    assert await rows.flow_ids() == [flow]
    await rows.forget(flow)
    late = controls.object_planned(), controls.page_planned()
    await log.append(cause, Append(names.transfer_stream(flow), 0, late))
    segment = names.segment_stream(flow, controls.segment_planned().segment_id)
    await log.append(cause, Append(segment, 0, (controls.segment_planned(),)))
    await follower.catch_up()
    async with log.pool.connection() as connection:
        for table in (b"work.object", b"work.segment", b"work.flow"):
            left = await connection.execute(b"SELECT count(*) FROM " + table)
            assert await left.fetchone() == (0,)
