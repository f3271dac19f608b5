"""What follows when the control plane says that all data has moved."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from tests.controls import (
    complete,
    completed,
    finished,
    prepared,
    start_confirmed,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"


@pytest.mark.parametrize("events", [(started(),), (prepared(), start_confirmed())])
def test_a_started_flow_is_completed(events: tuple[DataFlowEvent, ...]) -> None:
    given(*events).when(complete()).then(completed())


def test_a_completed_flow_is_final() -> None:
    assert given(started(), completed()).state.final


def test_the_same_message_again_is_ignored() -> None:
    given(started(), completed()).when(complete()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    flow = given(started(), completed()).state
    assert flow.answers["m-complete"] == Answer(State.COMPLETED)


def test_a_completed_flow_ignores_another_completion() -> None:
    given(started(), completed()).when(complete(message_id=OTHER)).then_nothing()


def test_a_flow_that_the_plane_has_finished_is_ignored() -> None:
    given(started(), finished()).when(complete()).then_nothing()


def test_an_unknown_flow_is_refused() -> None:
    given().when(complete()).then_raises(UnknownFlowError, "no data flow")


@pytest.mark.parametrize(
    "events",
    [(prepared(),), (started(), suspended()), (started(), terminated())],
)
def test_a_flow_that_moves_no_data_is_refused(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(complete()).then_raises(
        IllegalTransitionError, "cannot become COMPLETED"
    )
