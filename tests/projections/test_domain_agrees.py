"""The read models' short cuts agree with the domain's own fold."""

from functools import reduce

import pytest

from domain import data_flow
from domain.data_flow import DataFlowEvent
from domain.topics import EVENTS
from domain.transfer.plan import completion_segment
from projections.flow_states import FINAL_STATES, STATE_AFTER
from tests.projections.events import (
    completed,
    confirmed,
    done,
    errored,
    part,
    prepared,
    resumed,
    started,
    suspended,
    terminated,
)
from tests.projections.story import Story

LIVES: list[list[DataFlowEvent]] = [
    [started(), suspended(), resumed(), completed()],
    [prepared(), confirmed(), terminated()],
    [started(), errored(), terminated()],
]


@pytest.mark.parametrize("events", LIVES)
def test_the_state_after_an_event_is_the_domains(events: list[DataFlowEvent]) -> None:
    for length in range(1, len(events) + 1):
        flow = reduce(data_flow.evolve, events[:length], data_flow.INITIAL)
        expected = STATE_AFTER.get(type(events[length - 1]), flow.state)
        assert flow.state is expected
        assert flow.final is (flow.state in FINAL_STATES)


def test_every_event_names_its_flow() -> None:
    assert [t for t, e in EVENTS.items() if "data_flow_id" not in e.model_fields] == []
    segments = [e for t, e in EVENTS.items() if t.startswith("segment.")]
    assert all("segment_id" in each.model_fields for each in segments)


async def test_a_completion_is_not_one_of_the_segments_that_are_counted(
    story: Story,
) -> None:
    await story.happened(part("o-p0", 1), done("o-p0"), done(completion_segment("o")))
    await story.project()
    assert (await story.row("transfer_progress"))["segments_done"] == 1
