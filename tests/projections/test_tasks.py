"""A row for each task, and how long it stays."""

from datetime import timedelta

from domain.task import Status
from projections.rebuild import rebuild
from tests import controls
from tests.projections.events import NOON, cause, completed, started
from tests.projections.story import Story

TASK = {"task_id": "flow-1"}
LATER = cause(occurred_at=NOON + timedelta(days=91))


async def test_a_task_follows_its_flow_and_no_other(story: Story) -> None:
    await story.happened(
        controls.task_submitted(service="sync", data_flow_id="flow-1", **TASK),
        started(),
        controls.task_submitted(task_id="flow-2"),
        started("flow-2"),
        completed(),
        completed("flow-2"),
    )
    await story.project()
    rows = {row["task_id"]: row for row in await story.rows("tasks")}
    assert rows["flow-1"]["status"] == Status.COMPLETED
    assert rows["flow-1"]["last_line"] == "Completed: 1 objects, 1 bytes"
    assert rows["flow-1"]["ended_at"] == NOON
    # Carried out elsewhere: a flow that has its id by chance is nothing to it.
    assert rows["flow-2"]["status"] == Status.SUBMITTED


async def test_what_was_over_for_long_goes_and_is_not_made_again(story: Story) -> None:
    over = controls.task_reported(status=Status.COMPLETED, **TASK)
    await story.happened(controls.task_submitted(**TASK), over)
    await story.happened(controls.task_submitted(task_id="runs"))
    await story.project()
    assert len(await story.rows("tasks")) == 2
    await story.happened(controls.task_submitted(task_id="new"), why=LATER)
    await story.project()
    left = await story.rows("tasks")
    assert {row["task_id"] for row in left} == {"runs", "new"}
    await rebuild(story.url, ["tasks"])
    assert await story.rows("tasks") == left
