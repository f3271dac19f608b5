"""The read models' short cuts agree with the domain's own fold."""

from functools import reduce

import pytest

from domain import data_flow
from domain.data_flow import DataFlowEvent
from domain.topics import EVENTS
from domain.transfer.plan import completion_segment
from projections.flow_states import FINAL_STATES, state_after
from tests.projections.events import (
    completed,
    confirmed,
    done,
    errored,
    made_ready,
    part,
    prepared,
    preparing,
    resumed,
    started,
    starting,
    suspended,
    terminated,
)
from tests.projections.story import Story

# Of a control plane, of an endpoint, of the plane itself, of files and tasks.
_OF_NO_FLOW = {"control-plane", "data-plane", "access", "limits", "endpoint"} | {
    "file",
    "upload",
    "task",
}
LIVES: list[list[DataFlowEvent]] = [
    [started(), suspended(), resumed(), completed()],
    [prepared(), confirmed(), terminated()],
    [started(), errored(), terminated()],
    [preparing(), made_ready(), confirmed(), completed()],
    [starting(), made_ready(), suspended(), terminated()],
]


@pytest.mark.parametrize("events", LIVES)
def test_the_state_after_an_event_is_the_domains(events: list[DataFlowEvent]) -> None:
    for length in range(1, len(events) + 1):
        before = reduce(data_flow.evolve, events[: length - 1], data_flow.INITIAL)
        flow = data_flow.evolve(before, events[length - 1])
        assert flow.state is state_after(before.state, events[length - 1])
        assert flow.final is (flow.state in FINAL_STATES)


def test_every_event_names_its_flow() -> None:
    nameless = {t for t, e in EVENTS.items() if "data_flow_id" not in e.model_fields}
    assert {topic.partition(".")[0] for topic in nameless} <= _OF_NO_FLOW
    segments = [e for t, e in EVENTS.items() if t.startswith("segment.")]
    assert all("segment_id" in each.model_fields for each in segments)


async def test_a_completion_is_not_one_of_the_segments_that_are_counted(
    story: Story,
) -> None:
    await story.happened(part("o-p0", 1), done("o-p0"), done(completion_segment("o")))
    await story.project()
    assert (await story.row("transfer_progress"))["segments_done"] == 1
